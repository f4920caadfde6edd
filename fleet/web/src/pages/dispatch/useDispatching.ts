import { ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { get, post } from '@/api/client'
import { Problem } from '@/api/problem'
import type { Proposal, RequestSummary, Run } from '@/api/types'
import { shortPlate } from '@/components/plate'
import { shortNumber } from '@/i18n/reasons'
import type { Conflict } from '@/pages/dispatch/ConflictNotice.vue'
import type { Toast } from '@/pages/dispatch/UndoToast.vue'
import { useRequests } from '@/stores/requests'

type Done = { request: RequestSummary; run: Promise<Run | null> }

/** Confirming, taking back and giving back: shown at once, corrected by what the office answers. */
export function useDispatching() {
  const { t } = useI18n()
  const requests = useRequests()
  const toast = ref<Toast | null>(null)
  const conflict = ref<Conflict | null>(null)
  const failure = ref<unknown>(null)
  let last: Done | null = null
  let serial = 0

  function confirm(request: RequestSummary, proposal: Proposal) {
    conflict.value = null
    requests.expect(request.id)
    say(told(request, proposal.plate, proposal.driver), true)
    last = { request, run: send(request, proposal) }
  }

  async function send(request: RequestSummary, proposal: Proposal): Promise<Run | null> {
    try {
      return await post('/api/v1/proposals/{proposal_id}/confirm', undefined, { path: { proposal_id: proposal.id } })
    } catch (problem) {
      toast.value = null
      await refused(request, proposal, problem)
      return null
    } finally {
      await requests.load()
      requests.unexpect(request.id)
    }
  }

  async function refused(request: RequestSummary, proposal: Proposal, problem: unknown) {
    if (!(problem instanceof Problem) || !problem.conflict) return void (failure.value = problem)
    const now = await get('/api/v1/requests/{request_id}', { path: { request_id: request.id } }).catch(() => null)
    const taken = now !== null && now.status !== 'pending_dispatch'
    conflict.value = { taken, detail: problem.detail, winner: now?.vehicle_plate ?? null, lost: proposal.plate }
  }

  async function undo() {
    const done = last
    toast.value = null
    if (!done) return
    if (await done.run) await takeBack(done.request, t('dispatch.undo.reason'))
  }

  /** The request waits again; whoever rides along stays dispatched. */
  async function takeBack(request: RequestSummary, reason: string) {
    try {
      await post('/api/v1/requests/{request_id}/release', { reason }, { path: { request_id: request.id } })
      say(t('dispatch.undo.undone', { number: shortNumber(request.number) }), false)
    } catch (problem) {
      failure.value = problem
    } finally {
      await requests.load()
    }
  }

  async function giveBack(request: RequestSummary, note: string) {
    try {
      await post('/api/v1/requests/{request_id}/cancel', { note }, { path: { request_id: request.id } })
    } catch (problem) {
      failure.value = problem
    } finally {
      await requests.load()
    }
  }

  function assigned(request: RequestSummary, run: Run) {
    last = { request, run: Promise.resolve(run) }
    say(told(request, run.plate, run.driver), true)
    void requests.load()
  }

  function told(request: RequestSummary, plate: string, driver: string): string {
    return t('dispatch.undo.done', { number: shortNumber(request.number), plate: shortPlate(plate), driver })
  }

  function say(text: string, undoable: boolean) {
    toast.value = { id: ++serial, text, undoable }
  }

  return { toast, conflict, failure, confirm, undo, takeBack, giveBack, assigned, say }
}
