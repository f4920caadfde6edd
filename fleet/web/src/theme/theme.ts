import { computed, ref, watchEffect } from 'vue'

export type ThemeName = 'light' | 'dark'
type Choice = ThemeName | 'system'

const STORED_AS = 'motorpool.theme'
const system = window.matchMedia('(prefers-color-scheme: dark)')
const systemIsDark = ref(system.matches)
system.addEventListener('change', (event) => (systemIsDark.value = event.matches))

const choice = ref<Choice>((localStorage.getItem(STORED_AS) as Choice | null) ?? 'system')
const theme = computed<ThemeName>(() => {
  if (choice.value !== 'system') return choice.value
  return systemIsDark.value ? 'dark' : 'light'
})

watchEffect(() => {
  document.documentElement.dataset.theme = theme.value
})

/** The theme in force, and a switch that overrides the system's preference. */
export function useTheme() {
  function choose(next: Choice) {
    choice.value = next
    localStorage.setItem(STORED_AS, next)
  }
  return { theme, choice, choose, toggle: () => choose(theme.value === 'dark' ? 'light' : 'dark') }
}

/** Value of a token in the theme in force, for what is painted rather than styled (canvas, charts). */
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim()
}
