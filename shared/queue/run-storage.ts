/** How the files of one run are read: in specs, requests and task messages. Nothing in it is secret. */
import * as v from 'valibot';
import { RUN_STORAGE, type StorageVariables, storageSettings } from '../runtime/storage-settings.ts';
import { identifier, textUpTo } from '../schema.ts';

/** Variables of shared/runtime/storage-settings.ts, as text, that go before those of the worker's environment. */
const variables = v.pipe(
  v.record(v.picklist(RUN_STORAGE), textUpTo(2000)),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const input = dataset.value;
    for (const [key, value] of Object.entries(input)) {
      const message = problemOf(key as keyof StorageVariables, value);
      if (message !== undefined) addIssue({ message, path: [{ type: 'object', origin: 'value', input, key, value }] });
    }
  }),
);

/** Part of every schema that says how files are read. */
export const runStorageShape = {
  storage: v.optional(variables),
  /** Name of the run's credentials: a key of a Secret, or a file. They themselves are in no message. */
  secret: v.optional(identifier),
} as const;

/** What a run says about reading its files. */
export type RunStorage = v.InferOutput<v.ObjectSchema<typeof runStorageShape, undefined>>;

/** Where a run may have copies of its files put, whoever sent it. */
const COPIES = /^\/(dev\/shm|mnt|scratch|tmp|var\/tmp)(\/(?!\.\.(\/|$))[^/]*)*$/;

function problemOf(name: keyof StorageVariables, value: string): string | undefined {
  if (/:\/\/[^/]*@/.test(value)) return 'holds a user or password; keys have options of their own';
  if (name === 'STAGE_IN_DIR' && !COPIES.test(value)) return 'copies go to /dev/shm, /scratch, /tmp, /var/tmp, or below /mnt';
  return v.safeParse(storageSettings.entries[name], value).issues?.[0].message;
}
