/** What to do where the shell may have seen a pattern first. */
export const QUOTE_PATTERNS = "Quote patterns, so that the shell does not expand them: --data 'atlas/*.root'.";
