/**
 * Server-sent events over fetch. EventSource cannot resume after we gave up and came back, nor tell an expired
 * session from a dead network; both matter for a page that stays open for days.
 */
export type StreamState = 'connecting' | 'open' | 'waiting' | 'refused'

type Handlers = {
  event: (name: string, data: string) => void
  state: (state: StreamState) => void
}

const SILENCE_MS = 45_000 // the office sends a heartbeat more often than this
const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 15_000

export class EventStream {
  private lastId = ''
  private stopped = false
  private waitMs = FIRST_WAIT_MS
  private abort = new AbortController()

  constructor(
    private readonly url: string,
    private readonly handlers: Handlers,
  ) {}

  start() {
    void this.run()
  }

  stop() {
    this.stopped = true
    this.abort.abort()
  }

  private async run() {
    while (!this.stopped) {
      this.handlers.state('connecting')
      try {
        await this.readOnce()
      } catch {
        // network gone, or silent for too long: come back below
      }
      if (this.stopped) return
      this.handlers.state('waiting')
      await pause(this.waitMs * (0.75 + Math.random() / 2))
      this.waitMs = Math.min(this.waitMs * 2, LONGEST_WAIT_MS)
    }
  }

  private async readOnce() {
    this.abort = new AbortController()
    const headers: Record<string, string> = { Accept: 'text/event-stream' }
    if (this.lastId) headers['Last-Event-ID'] = this.lastId
    const response = await fetch(this.url, { headers, signal: this.abort.signal, cache: 'no-store' })
    if (response.status === 401 || response.status === 403) {
      this.stopped = true
      this.handlers.state('refused')
      return
    }
    if (!response.ok || !response.body) return
    this.handlers.state('open')
    this.waitMs = FIRST_WAIT_MS
    await this.consume(response.body.getReader())
  }

  private async consume(reader: ReadableStreamDefaultReader<Uint8Array>) {
    const decoder = new TextDecoder()
    const parser = new EventParser()
    for (;;) {
      const watchdog = setTimeout(() => this.abort.abort(), SILENCE_MS)
      const { value, done } = await reader.read().finally(() => clearTimeout(watchdog))
      if (done) return
      for (const event of parser.feed(decoder.decode(value, { stream: true }))) {
        if (event.id !== undefined) this.lastId = event.id
        this.handlers.event(event.name, event.data)
      }
    }
  }
}

type ParsedEvent = { name: string; data: string; id: string | undefined }

/** Turns text, in whatever pieces it arrives, into events (WHATWG event stream format). */
export class EventParser {
  private rest = ''

  feed(text: string): ParsedEvent[] {
    const blocks = (this.rest + text).replace(/\r\n?/g, '\n').split('\n\n')
    this.rest = blocks.pop() ?? ''
    return blocks.map(parseBlock).filter((event) => event.data !== '')
  }
}

function parseBlock(block: string): ParsedEvent {
  const event: ParsedEvent = { name: 'message', data: '', id: undefined }
  const data: string[] = []
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':')
    if (colon === 0) continue // comment
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'event') event.name = value
    else if (field === 'data') data.push(value)
    else if (field === 'id') event.id = value
  }
  event.data = data.join('\n')
  return event
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
