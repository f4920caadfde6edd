import { computed, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'
import type { Run } from '@/api/types'
import type { OwnPosition } from '@/driver/position'
import { currentStop } from '@/driver/walk'
import { metresBetween } from '@/map/route'
import { useDriver } from '@/stores/driver'

const FENCE_M = 150

/** The one thing to do next on a run, and doing it. The return is a form of its own (odometer). */
export function useNextAction(run: Ref<Run | null>, position: Ref<OwnPosition | null>) {
  const { t } = useI18n()
  const driver = useDriver()
  const router = useRouter()

  const step = computed(() => run.value?.next_step ?? null)
  const stop = computed(() => (run.value ? currentStop(run.value) : null))
  const label = computed(() => (step.value ? t(`driver.action.${step.value.action}`) : t('driver.action.done')))

  const near = computed(() => {
    if (!position.value || !stop.value) return false
    return metresBetween(position.value, stop.value) <= FENCE_M
  })

  const hint = computed(() => {
    if (step.value?.action === 'arrive') return near.value ? t('driver.hint.near') : t('driver.hint.arrive')
    if (step.value?.action === 'board' && stop.value?.passengers) {
      return t('driver.hint.board', { n: stop.value.passengers })
    }
    return ''
  })

  async function act() {
    const current = run.value
    if (!current || !step.value) return void router.push('/driver')
    const { action } = step.value
    if (action === 'return') return void router.push(`/driver/runs/${current.id}/return`)
    await driver.tap(current, action, { lon: position.value?.lon, lat: position.value?.lat })
    if (action !== 'accept') await router.push(`/driver/runs/${current.id}`)
  }

  return { step, stop, label, hint, near, act }
}
