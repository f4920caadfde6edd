import { createRouter, createWebHistory } from 'vue-router'
import type { Role } from '@/api/types'
import { useSession } from '@/stores/session'

declare module 'vue-router' {
  interface RouteMeta {
    roles?: Role[]
  }
}

/** Where a reader lands: the first page that one of the reader's roles opens. */
export function landing(roles: readonly Role[]): string {
  if (roles.includes('clerk') || roles.includes('platform_approver')) return '/dispatch'
  if (roles.includes('driver')) return '/driver'
  if (roles.includes('auditor')) return '/audit'
  return '/requests'
}

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/sign-in', name: 'sign-in', component: () => import('@/pages/signin/SignInPage.vue') },
    {
      path: '/dispatch',
      component: () => import('@/pages/dispatch/DispatchPage.vue'),
      meta: { roles: ['clerk', 'platform_approver'] },
    },
    {
      path: '/audit/:caseId(\\d+)?',
      component: () => import('@/pages/audit/AuditPage.vue'),
      meta: { roles: ['auditor'] },
    },
    { path: '/driver', component: () => import('@/pages/driver/TasksPage.vue'), meta: { roles: ['driver'] } },
    {
      path: '/driver/runs/:runId(\\d+)',
      component: () => import('@/pages/driver/RunPage.vue'),
      meta: { roles: ['driver'] },
    },
    {
      path: '/driver/runs/:runId(\\d+)/return',
      component: () => import('@/pages/driver/ReturnPage.vue'),
      meta: { roles: ['driver'] },
    },
    {
      path: '/requests',
      component: () => import('@/pages/requests/RequestsPage.vue'),
      meta: { roles: ['requester', 'unit_approver', 'clerk', 'leader', 'finance', 'administrator'] },
    },
    { path: '/:rest(.*)*', redirect: '/' },
    { path: '/', name: 'home', component: () => import('@/pages/signin/SignInPage.vue') },
  ],
})

router.beforeEach(async (to) => {
  const session = useSession()
  const atTheDoor = to.name === 'home' || to.name === 'sign-in'
  if (!session.asked && (!atTheDoor || session.mayBeSignedIn())) await session.restore()
  if (!session.me) return to.name === 'sign-in' ? true : { name: 'sign-in', query: { next: to.fullPath } }
  const home = landing(session.me.roles)
  if (atTheDoor) return home
  if (to.meta.roles && !session.has(...to.meta.roles)) return home
  return true
})
