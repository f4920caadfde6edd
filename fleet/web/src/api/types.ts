/** Names for the generated types, so that the app speaks of `Run` and not of `components['schemas']['Run']`. */
import type { components } from '@/api/schema'

type Schemas = components['schemas']

export type Me = Schemas['Me']
export type Role = Me['roles'][number]
export type DemoAccount = Schemas['DemoAccount']

export type LiveVehicle = Schemas['LiveVehicle']
export type Activity = LiveVehicle['activity']
export type Counters = Schemas['Counters']
export type ClockReading = Schemas['ClockReading']
export type MapConfig = Schemas['MapConfig']

export type RequestSummary = Schemas['RequestSummary']
export type RequestDetail = Schemas['RequestDetail']
export type RequestStatus = RequestSummary['status']
export type NewRequest = Schemas['NewRequest']
export type Spot = Schemas['Spot']
export type PlaceItem = Schemas['PlaceItem']
export type OrganisationItem = Schemas['OrganisationItem']
export type VehicleItem = Schemas['VehicleItem']
export type DriverItem = Schemas['DriverItem']

export type Reason = Schemas['Reason']
export type Proposal = Schemas['Proposal']
export type ProposalSet = Schemas['ProposalSet']
export type ProposedStop = Schemas['ProposedStop']
export type Obstacle = Schemas['Obstacle']

export type Run = Schemas['Run']
export type RunStop = Schemas['RunStop']
export type Step = Schemas['Step']
export type StepAction = Step['action']

export type CaseSummary = Schemas['CaseSummary']
export type CaseDetail = Schemas['CaseDetail']
export type CaseStatus = CaseSummary['status']
export type CaseAction = Schemas['CaseAction']
export type Violation = Schemas['Violation']
export type Explanation = Schemas['Explanation']
export type Severity = CaseSummary['severity']
export type Track = Schemas['Track']
export type TrackPoint = Schemas['TrackPoint']

export type Values = Reason['values']

// Events of the live stream; OpenAPI describes routes only, so these two are put together here.
export type Hello = ClockReading & { vehicles: LiveVehicle[]; counters: Counters }
export type Change = {
  topic: 'request' | 'proposal' | 'run' | 'alert' | 'trip' | 'case'
  subject_id: string
}
