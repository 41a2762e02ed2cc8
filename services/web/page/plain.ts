/** What a script adds to pages that can be read without one: the theme button, and times as this browser writes them. */
import { byId, setText } from './dom.ts';
import { wireThemeSwitch } from './theme-switch.ts';

for (const time of document.querySelectorAll('time')) {
  const at = new Date(time.dateTime);
  if (!Number.isNaN(at.getTime())) setText(time, at.toLocaleString());
}
wireThemeSwitch(() => {});
byId('theme').hidden = false;
