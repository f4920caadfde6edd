/** Spare time as people judge it: negative is a conflict, below ten minutes tight (tokens: --slack-tight). */
const TIGHT_S = 600
const COMFORTABLE_PICKUP_S = 180

export function slackMinutes(seconds: number): number {
  return Math.round(seconds / 60)
}

/** Colour class of a pick-up's spare time. */
export function slackLook(seconds: number): 'crit' | 'warn' | 'idle' {
  if (seconds < 0) return 'crit'
  return seconds < COMFORTABLE_PICKUP_S ? 'warn' : 'idle'
}

/** Colour class of the gap before the next run. */
export function gapLook(seconds: number): 'crit' | 'warn' | '' {
  if (seconds < 0) return 'crit'
  return seconds < TIGHT_S ? 'warn' : ''
}
