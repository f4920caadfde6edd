import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { get, post, remove } from '@/api/client'
import { Problem } from '@/api/problem'
import type { DemoAccount, Me, Role } from '@/api/types'

const LAST_KNOWN = 'motorpool.me'

/** Who is signed in. The last known reader is kept, so that a driver's page opens without a network. */
export const useSession = defineStore('session', () => {
  const me = ref<Me | null>(null)
  const asked = ref(false)
  const signedIn = computed(() => me.value !== null)

  function remember(reader: Me | null) {
    me.value = reader
    asked.value = true
    if (reader) localStorage.setItem(LAST_KNOWN, JSON.stringify(reader))
    else localStorage.removeItem(LAST_KNOWN)
  }

  /** Has this browser signed in before? If not, asking would only earn a 401. */
  function mayBeSignedIn(): boolean {
    return localStorage.getItem(LAST_KNOWN) !== null
  }

  async function restore() {
    try {
      remember(await get('/api/v1/session'))
    } catch (problem) {
      if (problem instanceof Problem && problem.unreachable) {
        const kept = localStorage.getItem(LAST_KNOWN)
        me.value = kept ? (JSON.parse(kept) as Me) : null
        asked.value = true
        return
      }
      remember(null)
    }
  }

  async function signIn(login: string, password: string) {
    remember(await post('/api/v1/session', { login, password }))
  }

  async function signOut() {
    try {
      await remove('/api/v1/session')
    } finally {
      remember(null)
      localStorage.removeItem('motorpool.runs') // a shared phone must not show the last driver's tasks
    }
  }

  /** The office no longer knows us; what waits in the outbox stays. */
  function lapse() {
    me.value = null
    localStorage.removeItem(LAST_KNOWN)
  }

  async function demoAccounts(): Promise<DemoAccount[]> {
    try {
      return await get('/api/v1/demo/accounts')
    } catch {
      return [] // not a demo
    }
  }

  function has(...roles: Role[]): boolean {
    return roles.some((role) => me.value?.roles.includes(role))
  }

  return { me, asked, signedIn, mayBeSignedIn, restore, signIn, signOut, lapse, demoAccounts, has }
})
