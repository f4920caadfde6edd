import type { Catalogue } from '@/i18n/messages'
import type { requests as chinese } from '@/i18n/zh-CN/requests'

export const requests: Catalogue<typeof chinese> = {
  requests: {
    title: 'Trip requests',
    mine: 'Requests',
    new: 'New request',
    approve: 'Approve',
    reject: 'Refuse',
    cancel: 'Withdraw',
    rejectReason: 'Why it is refused (4 characters or more)',
    cancelReason: 'Why it is withdrawn (4 characters or more)',
    tabs: { open: 'Open', closed: 'Closed' },
    empty: { title: 'No requests', hint: 'Press “New request” to begin.' },
    columns: { number: 'Number', when: 'Pick-up', trip: 'Trip', who: 'Passenger', status: 'State', vehicle: 'Vehicle' },
    created: '{number} submitted',
  },
}
