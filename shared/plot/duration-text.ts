/** "42 s", "3 min 05 s", "2 h 10 min"; a dash where unknown. */
export function durationText(ms: number | undefined): string {
  if (ms === undefined || !Number.isFinite(ms)) return '–';
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${String(seconds % 60).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/** The same of what was measured: below a minute with tenths of a second. */
export function elapsedText(ms: number): string {
  return ms < 59_950 ? `${(ms / 1000).toFixed(1)} s` : durationText(ms);
}
