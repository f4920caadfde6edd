/**
 * The symbol set: one drawing per state, used by the map (as cached images) and by legend and lists (inline).
 * 24×24 and a little more, centre (0,0), pointing north. Shape and colour both carry the state.
 */
import type { Activity } from '@/api/types'
import type { Freshness } from '@/live/freshness'

export type SymbolKind = Activity | 'lost'

const ARROW = 'M0 -10L7.4 8Q8 9.6 6.3 9L0 6.2L-6.3 9Q-8 9.6 -7.4 8Z'

/** Colours by token name; the map resolves them to values, the page leaves them to CSS. */
export type Paint = (token: string) => string
export const cssPaint: Paint = (token) => `var(${token})`

export function symbolOf(activity: Activity, fresh: Freshness): SymbolKind {
  return fresh === 'lost' && activity !== 'disabled' ? 'lost' : activity
}

/** Does it point somewhere? Only these turn with the heading. */
export function turns(kind: SymbolKind): boolean {
  return kind === 'heading' || kind === 'loaded' || kind === 'returning' || kind === 'moving'
}

function colour(kind: SymbolKind, grey: boolean): string {
  if (grey || kind === 'lost' || kind === 'disabled') return '--st-off'
  return kind === 'idle' || kind === 'returning' ? '--st-idle' : '--st-task'
}

/** SVG of a symbol without its root element. `grey`: the position is late. */
export function symbolMarkup(kind: SymbolKind, paint: Paint, grey = false): string {
  const fill = paint(colour(kind, grey))
  const surface = paint('--surface')
  const rest = { fill, surface, on: paint('--on-status'), text: paint('--st-off-text') }
  if (kind === 'loaded') return solidArrow(rest)
  if (kind === 'heading' || kind === 'moving') return hollowArrow(rest, '')
  if (kind === 'returning') return hollowArrow(rest, 'M0 9.5V14')
  if (kind === 'waiting') return pauseSquare(rest)
  if (kind === 'disabled') return slashedSquare(rest)
  if (kind === 'lost') return dashedRing(rest)
  return ringAndDot(rest)
}

type Painted = { fill: string; surface: string; on: string; text: string }

function ringAndDot({ fill, surface }: Painted): string {
  return (
    `<circle r="9" fill="${surface}"/>` +
    `<circle r="7.5" fill="${surface}" stroke="${fill}" stroke-width="2.2"/><circle r="3" fill="${fill}"/>`
  )
}

function solidArrow({ fill, surface }: Painted): string {
  return `<path d="${ARROW}" fill="${fill}" stroke="${surface}" stroke-width="1.6" stroke-linejoin="round"/>`
}

function hollowArrow({ fill, surface }: Painted, tail: string): string {
  return (
    `<path d="${ARROW}${tail}" fill="${surface}" stroke="${surface}" stroke-width="5" stroke-linejoin="round"/>` +
    `<path d="${ARROW}" fill="${surface}" stroke="${fill}" stroke-width="2" stroke-linejoin="round"/>` +
    (tail ? `<path d="${tail}" stroke="${fill}" stroke-width="2" stroke-linecap="round"/>` : '')
  )
}

function pauseSquare({ fill, surface, on }: Painted): string {
  return (
    `<rect x="-9" y="-9" width="18" height="18" rx="5" fill="${surface}"/>` +
    `<rect x="-7.5" y="-7.5" width="15" height="15" rx="3.5" fill="${fill}"/>` +
    `<path d="M-2.3 -3.5v7M2.3 -3.5v7" stroke="${on}" stroke-width="2" stroke-linecap="round"/>`
  )
}

function slashedSquare({ fill, surface }: Painted): string {
  return (
    `<rect x="-8.5" y="-8.5" width="17" height="17" rx="5" fill="${surface}"/>` +
    `<rect x="-6.5" y="-6.5" width="13" height="13" rx="3" fill="${surface}" stroke="${fill}" stroke-width="1.8"/>` +
    `<path d="M-3 3L3 -3" stroke="${fill}" stroke-width="1.8" stroke-linecap="round"/>`
  )
}

function dashedRing({ fill, surface, text }: Painted): string {
  return (
    `<circle r="9.5" fill="${surface}" opacity=".9"/>` +
    `<circle r="8" fill="none" stroke="${fill}" stroke-width="2" stroke-dasharray="3 2.6"/>` +
    `<path d="M-2.2 -1.6a2.2 2.2 0 1 1 3.3 1.9c-.8.5-1.1.9-1.1 1.7M0 4v.01" fill="none" stroke="${text}" ` +
    `stroke-width="1.6" stroke-linecap="round"/>`
  )
}

export function alertMarkup(paint: Paint): string {
  return (
    `<path d="M0 -7.5L7.5 6H-7.5Z" fill="${paint('--st-crit')}" stroke="${paint('--surface')}" ` +
    `stroke-width="1.6" stroke-linejoin="round"/>` +
    `<path d="M0 -2.8v3.6M0 3.4v.01" stroke="${paint('--on-status')}" stroke-width="1.5" stroke-linecap="round"/>`
  )
}

/** Ring and number of a candidate; only while there is a proposal. */
export function candidateMarkup(rank: number, chosen: boolean, paint: Paint): string {
  const plan = paint('--st-plan')
  const ring = `<circle r="17" fill="${plan}" fill-opacity=".16" stroke="${plan}" stroke-width="1.5"/>`
  return (
    (chosen ? ring : '') +
    `<circle cx="10" cy="-11" r="8" fill="${plan}" stroke="${paint('--surface')}" stroke-width="1.5"/>` +
    `<text x="10" y="-7" text-anchor="middle" font-family="Inter,sans-serif" font-size="11" font-weight="600" ` +
    `fill="${paint('--on-status')}">${rank}</text>`
  )
}

const DROP = 'M0 0C-3 -5 -9.5 -9.5 -9.5 -16.5A9.5 9.5 0 0 1 9.5 -16.5C9.5 -9.5 3 -5 0 0Z'

/** Hollow drop: pick-up. Solid drop: drop-off. The tip is at (0,0). */
export function pinMarkup(letter: string, solid: boolean, paint: Paint): string {
  const ink = paint('--ink')
  const body = solid
    ? `fill="${ink}" stroke="${paint('--surface')}" stroke-width="1.5"`
    : `fill="${paint('--surface')}" stroke="${ink}" stroke-width="2"`
  return (
    `<path d="${DROP}" ${body}/><text y="-12.3" text-anchor="middle" font-family="Inter,sans-serif" ` +
    `font-size="12" font-weight="600" fill="${solid ? paint('--on-ink') : ink}">${letter}</text>`
  )
}

/** Numbered square of a stop in a replayed trip. */
export function stopMarkup(label: string, token: string, paint: Paint): string {
  return (
    `<rect x="-9" y="-9" width="18" height="18" rx="4" fill="${paint(token)}" stroke="${paint('--surface')}" ` +
    `stroke-width="2"/><text y="4.3" text-anchor="middle" font-family="Inter,sans-serif" font-size="12" ` +
    `font-weight="600" fill="${paint('--on-status')}">${label}</text>`
  )
}

/** How many free cars stand in a depot; in grey how many stand there when none is free. */
export function depotMarkup(count: number, free: boolean, paint: Paint): string {
  const idle = paint(free ? '--st-idle' : '--st-off')
  return (
    `<rect x="-18" y="-11" width="36" height="22" rx="11" fill="${paint('--surface')}" stroke="${idle}" ` +
    `stroke-width="1.8"/><circle cx="-7" r="4" fill="none" stroke="${idle}" stroke-width="2"/>` +
    `<text x="7" y="4.5" text-anchor="middle" font-family="Inter,sans-serif" font-size="12" font-weight="600" ` +
    `fill="${paint('--text')}">${count}</text>`
  )
}
