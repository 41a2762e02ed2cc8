/** Dark or light: the system's choice until the reader makes one. */
import { byId, setText } from './dom.ts';

const system = matchMedia('(prefers-color-scheme: dark)');

/** True while the page is dark. */
export function isDark(): boolean {
  const chosen = document.documentElement.dataset['theme'];
  return chosen === undefined ? system.matches : chosen === 'dark';
}

/** Wires the button; `onChange` is called after each change, the system's included. */
export function wireThemeSwitch(onChange: () => void): void {
  const button = byId('theme');
  const show = () => {
    setText(button, isDark() ? 'Light' : 'Dark');
    button.setAttribute('aria-label', `Switch to ${isDark() ? 'light' : 'dark'} colours`);
  };
  button.addEventListener('click', () => {
    document.documentElement.dataset['theme'] = isDark() ? 'light' : 'dark';
    try {
      localStorage.setItem('theme', document.documentElement.dataset['theme'] ?? '');
    } catch {
      // Storage is blocked: the choice lasts as long as the page.
    }
    show();
    onChange();
  });
  system.addEventListener('change', () => {
    show();
    onChange();
  });
  show();
}
