import createClient from 'openapi-fetch'
import { Problem } from '@/api/problem'
import type { paths } from '@/api/schema'

/** Typed by the OpenAPI document. The header tells the office that our own page is asking (CSRF guard). */
export const api = createClient<paths>({ baseUrl: '/', headers: { 'X-Motorpool': '1' } })

type Answer<T> = { data?: T; error?: unknown; response: Response }

/** The body of a successful answer; anything else is thrown as a `Problem`. */
export async function answer<T>(request: Promise<Answer<T>>): Promise<T> {
  let told: Answer<T>
  try {
    told = await request
  } catch (cause) {
    throw new Problem(0, 'unreachable', cause instanceof Error ? cause.message : String(cause))
  }
  if (!told.response.ok) throw Problem.from(told.response.status, told.error)
  return told.data as T
}
