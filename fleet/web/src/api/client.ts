/** A small HTTP client whose paths, parameters, bodies and answers are typed by the OpenAPI document. */
import { Problem } from '@/api/problem'
import type { paths } from '@/api/schema'
import { tellSignedOut } from '@/api/signedOut'

const SESSION = '/api/v1/session' // answers 401 as a matter of course

type Method = 'get' | 'post' | 'delete'
type PathOf<M extends Method> = {
  [P in keyof paths]: paths[P][M] extends { responses: unknown } ? P : never
}[keyof paths]

type Json<R> = R extends { content: { 'application/json': infer Body } } ? Body : void
type Succeeded<R> = R extends { 200: infer Ok } ? Json<Ok> : R extends { 201: infer Made } ? Json<Made> : void
type AnswerOf<O> = O extends { responses: infer R } ? Succeeded<R> : never
type BodyOf<O> = O extends { requestBody: { content: { 'application/json': infer Body } } } ? Body : undefined

type Given<O, K extends string> = O extends { parameters: infer P } ? (K extends keyof P ? P[K] : undefined) : undefined
export type Options<O> = { path?: Given<O, 'path'>; query?: Given<O, 'query'> }

type Value = string | number | boolean | null | undefined

export function get<P extends PathOf<'get'>>(path: P, options: Options<paths[P]['get']> = {}) {
  return send<AnswerOf<paths[P]['get']>>('GET', path, options)
}

export function post<P extends PathOf<'post'>>(
  path: P,
  body: BodyOf<paths[P]['post']>,
  options: Options<paths[P]['post']> = {},
) {
  return send<AnswerOf<paths[P]['post']>>('POST', path, options, body)
}

export function remove<P extends PathOf<'delete'>>(path: P, options: Options<paths[P]['delete']> = {}) {
  return send<AnswerOf<paths[P]['delete']>>('DELETE', path, options)
}

/** Sends, and throws a `Problem` for everything that is not a success. */
async function send<T>(method: string, path: string, options: object, body?: unknown): Promise<T> {
  const { path: named, query } = options as { path?: Record<string, Value>; query?: Record<string, Value | Value[]> }
  const url = fill(path, named ?? {}) + search(query ?? {})
  // The header tells the office that our own page is asking (CSRF guard).
  const headers: Record<string, string> = { Accept: 'application/json', 'X-Motorpool': '1' }
  if (body !== undefined) headers['Content-Type'] = 'application/json'
  let response: Response
  try {
    response = await fetch(url, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) })
  } catch (cause) {
    throw new Problem(0, 'unreachable', cause instanceof Error ? cause.message : String(cause))
  }
  const told: unknown = response.status === 204 ? undefined : await response.json().catch(() => undefined)
  if (response.status === 401 && path !== SESSION) tellSignedOut()
  if (!response.ok) throw Problem.from(response.status, told)
  return told as T
}

function fill(path: string, named: Record<string, Value>): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(named[name])))
}

function search(query: Record<string, Value | Value[]>): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== undefined && each !== null) params.append(name, String(each))
    }
  }
  const text = params.toString()
  return text ? `?${text}` : ''
}
