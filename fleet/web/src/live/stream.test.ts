import { describe, expect, it } from 'vitest'
import { EventParser } from '@/live/stream'

describe('event stream', () => {
  it('gives whole events however the text is cut', () => {
    const text = 'id: 7-1\nevent: change\ndata: {"topic":"run"}\n\n: heartbeat\n\ndata: a\ndata: b\n\n'
    for (let cut = 1; cut < text.length; cut += 1) {
      const parser = new EventParser()
      const events = [...parser.feed(text.slice(0, cut)), ...parser.feed(text.slice(cut))]
      expect(events).toEqual([
        { id: '7-1', name: 'change', data: '{"topic":"run"}' },
        { id: undefined, name: 'message', data: 'a\nb' },
      ])
    }
  })

  it('reads lines that end in CR LF', () => {
    expect(new EventParser().feed('event: ping\r\ndata: 1\r\n\r\n')).toEqual([
      { id: undefined, name: 'ping', data: '1' },
    ])
  })
})
