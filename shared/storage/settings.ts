/** A pair of keys. Secrets: they are in no name, error or log. */
export interface AccessKeys {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly sessionToken: string | undefined;
}

export interface S3Settings {
  /** Amazon's own where it is undefined. */
  readonly endpoint: string | undefined;
  readonly region: string;
  readonly pathStyle: boolean;
  /** Requests are not signed. */
  readonly anonymous: boolean;
  /** Without keys the SDK looks in the usual places: variables, profiles, roles. */
  readonly keys: AccessKeys | undefined;
}

export interface GcsSettings {
  readonly endpoint: string | undefined;
  readonly projectId: string | undefined;
  readonly anonymous: boolean;
  /** Of a service account. */
  readonly keyFile: string | undefined;
  /** What that file would hold. */
  readonly keyJson?: string | undefined;
  /** HMAC keys: the S3-compatible interface is used then. */
  readonly keys: AccessKeys | undefined;
}

/** Where a bearer token is looked for, in this order; then in /tmp (the WLCG's rules). */
export interface TokenSettings {
  readonly value: string | undefined;
  readonly file: string | undefined;
  readonly runtimeFolder: string | undefined;
  /** Hosts whose https:// addresses get it too; davs:// and roots:// always do. */
  readonly hosts: readonly string[];
}

export interface BudgetedFolder {
  readonly folder: string;
  readonly maxBytes: number;
}

/** How this process reads files from elsewhere, with its credentials. Never printed. */
export interface StorageSettings {
  readonly s3: S3Settings;
  readonly gcs: GcsSettings;
  readonly token: TokenSettings;
  readonly xrootd: { readonly user: string | undefined };
  /** Certificates that TLS trusts besides the public ones, for roots://, davs:// and https://. */
  readonly authoritiesFolder: string | undefined;
  readonly timeoutMs: number;
  /** Web servers are asked for several ranges by one request. */
  readonly multiRange: boolean;
  /** Requests at the same time for one batch of one file; the protocol's own number unless set. */
  readonly parallel?: number | undefined;
  readonly downloadBytesPerSecond: number | undefined;
  /** Of result files. */
  readonly uploadBytesPerSecond?: number | undefined;
  /** Remote addresses are read through this cache: it is put before them. */
  readonly cachePrefix: string | undefined;
  readonly diskCache: BudgetedFolder | undefined;
  readonly stageIn: BudgetedFolder | undefined;
}
