import { darkTheme, type GlobalThemeOverrides } from 'naive-ui'
import { computed } from 'vue'
import { token, useTheme } from '@/theme/theme'

/** Naive UI in our tokens: its components must not bring colours of their own. */
export function useNaiveTheme() {
  const { theme } = useTheme()

  const overrides = computed<GlobalThemeOverrides>(() => {
    void theme.value
    const ink = token('--ink')
    const line = token('--line-control')
    return {
      common: {
        fontFamily: token('--font'),
        fontSize: '13px',
        fontSizeMedium: '13px',
        borderRadius: '6px',
        primaryColor: ink,
        primaryColorHover: ink,
        primaryColorPressed: ink,
        primaryColorSuppl: ink,
        textColorBase: token('--text'),
        textColor1: token('--text'),
        textColor2: token('--text'),
        textColor3: token('--text-3'),
        placeholderColor: token('--text-3'),
        bodyColor: token('--canvas'),
        cardColor: token('--surface'),
        modalColor: token('--float'),
        popoverColor: token('--float'),
        inputColor: token('--surface'),
        borderColor: line,
        hoverColor: token('--hover'),
        errorColor: token('--st-crit'),
        warningColor: token('--st-warn'),
        heightMedium: '32px',
      },
      Input: { border: `1px solid ${line}` },
      InternalSelection: { border: `1px solid ${line}` },
    }
  })

  return { theme: computed(() => (theme.value === 'dark' ? darkTheme : null)), overrides }
}
