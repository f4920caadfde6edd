/** The form of a new request, and what is sent of it. Times are wall-clock times of Asia/Shanghai. */
import type { NewRequest, Spot } from '@/api/types'
import { clockTime, dateKey } from '@/time/format'

export type Draft = {
  organisationId: number | null
  contactName: string
  contactPhone: string
  purpose: string
  origin: Spot | null
  destination: Spot | null
  passengers: number
  luggage: number
  wheelchair: boolean
  share: boolean
  form: 'one_way' | 'round_trip'
  waitingMin: number
  day: string
  pickup: string
  arriveBy: string
}

const CLOCK_TIME = /^([01]\d|2[0-3]):[0-5]\d$/
const MINUTE = 60_000
const OFFSET = '+08:00' // Asia/Shanghai knows no summer time

/** A draft that starts an hour from now, on the next five minutes. */
export function emptyDraft(now: number): Draft {
  const pickup = Math.ceil((now + 60 * MINUTE) / (5 * MINUTE)) * 5 * MINUTE
  return {
    organisationId: null,
    contactName: '',
    contactPhone: '',
    purpose: '',
    origin: null,
    destination: null,
    passengers: 1,
    luggage: 0,
    wheelchair: false,
    share: false, // consent is never assumed
    form: 'one_way',
    waitingMin: 60,
    day: dateKey(pickup),
    pickup: clockTime(pickup),
    arriveBy: clockTime(pickup + 45 * MINUTE),
  }
}

export function isComplete(draft: Draft, needsOrganisation: boolean): boolean {
  if (needsOrganisation && draft.organisationId === null) return false
  const times = [draft.pickup, draft.arriveBy].every((time) => CLOCK_TIME.test(time))
  return Boolean(draft.contactName.trim() && draft.origin && draft.destination && draft.day && times)
}

export function requestOf(draft: Draft): NewRequest {
  if (!draft.origin || !draft.destination) throw new Error('a draft without places is not complete')
  return {
    organisation_id: draft.organisationId,
    contact_name: draft.contactName.trim(),
    contact_phone: draft.contactPhone.trim(),
    purpose: draft.purpose.trim(),
    origin: draft.origin,
    destination: draft.destination,
    form: draft.form,
    waiting_min: draft.form === 'round_trip' ? draft.waitingMin : 0,
    passengers: draft.passengers,
    luggage: draft.luggage,
    wheelchair: draft.wheelchair,
    body_requested: null,
    pickup_from: moment(draft.day, draft.pickup),
    pickup_until: null,
    arrive_by: moment(draft.day, draft.arriveBy),
    share_consent: draft.share,
    detour_cap_min: 10,
    holiday: false,
  }
}

function moment(day: string, time: string): string {
  return new Date(`${day}T${time}:00${OFFSET}`).toISOString()
}
