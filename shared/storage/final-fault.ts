/** Whether a network fault, by the system's name for it, is the same a second later: a wrong host name, a wrong certificate. */
export function isFinalFault(code: string): boolean {
  return /^ENOTFOUND$|CERT|SELF_SIGNED|^UNABLE_TO_/.test(code);
}
