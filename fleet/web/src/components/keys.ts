import { onBeforeUnmount, onMounted } from 'vue'

export type Keys = Record<string, () => void>

/** Single-key commands of a page; silent while somebody types or a dialog is open. */
export function useKeys(keys: Keys) {
  function press(event: KeyboardEvent) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
    if (busy(event.target)) return
    if (event.key === 'Enter' && event.target instanceof HTMLButtonElement) return // the button has it
    const command = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key]
    if (!command) return
    event.preventDefault()
    command()
  }
  onMounted(() => window.addEventListener('keydown', press))
  onBeforeUnmount(() => window.removeEventListener('keydown', press))
}

function busy(target: EventTarget | null): boolean {
  if (document.querySelector('[role="dialog"]')) return true
  if (!(target instanceof HTMLElement)) return false
  return target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName)
}
