// Light, dark, or as the system has it; the choice is remembered in this browser.
const THEME = 'ringkeeper-theme';
const THEMES = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

export function theme(): Theme {
  const kept = localStorage.getItem(THEME);
  return THEMES.find((known) => known === kept) ?? 'auto';
}

export function applyTheme(wanted: Theme = theme()): void {
  document.documentElement.dataset['theme'] = wanted;
}

/** The next one in turn. */
export function nextTheme(): Theme {
  const next = THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length]!;
  localStorage.setItem(THEME, next);
  applyTheme(next);
  return next;
}
