/** A request the office refused (RFC 9457 problem details), or that never reached it (status 0). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly kind: string,
    readonly detail: string,
    readonly remedy = '',
    readonly errors: { field: string; message: string }[] = [],
  ) {
    super(detail)
    this.name = 'Problem'
  }

  get unreachable(): boolean {
    return this.status === 0
  }

  get conflict(): boolean {
    return this.status === 409
  }

  static from(status: number, body: unknown): Problem {
    if (typeof body !== 'object' || body === null) return new Problem(status, 'internal', `HTTP ${status}`)
    const told = body as Partial<Problem> & { type?: string; title?: string; detail?: unknown }
    const detail = typeof told.detail === 'string' ? told.detail : (told.title ?? `HTTP ${status}`)
    const kind = told.type?.split(':').pop() ?? 'internal' // urn:motorpool:problem:conflict
    return new Problem(status, kind, detail, told.remedy ?? '', told.errors ?? [])
  }
}
