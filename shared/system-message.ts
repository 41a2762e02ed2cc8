/** What the system says of a failed call, without its name and path: "EACCES: permission denied". */
export function systemMessage(error: unknown): string {
  return error instanceof Error ? error.message.replace(/, \w+( '.*')?$/, '') : String(error);
}

/** The system's name of what went wrong, like `ENOENT`; undefined where the error is not the system's. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
