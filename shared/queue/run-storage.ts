/** How the files of one run are read: in specs, requests and task messages. Nothing in it is secret. */
import { z } from 'zod';
import { RUN_STORAGE, type StorageVariables, storageSettings } from '../runtime/storage-settings.ts';

const variable = z.enum(RUN_STORAGE);

/** Variables of shared/runtime/storage-settings.ts, as text, that go before those of the worker's environment. */
const variables = z.partialRecord(variable, z.string().min(1).max(2000)).superRefine((given, context) => {
  for (const [name, value] of Object.entries(given)) {
    const problem = problemOf(name as keyof StorageVariables, value);
    if (problem !== undefined) context.addIssue({ code: 'custom', path: [name], message: problem });
  }
});

/** Part of every schema that says how files are read. */
export const runStorageShape = {
  storage: variables.optional(),
  /** Name of the run's credentials: a key of a Secret, or a file. They themselves are in no message. */
  secret: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,99}$/i, 'letters, digits, dot, dash and underscore, at most 100')
    .optional(),
} as const;

/** What a run says about reading its files. */
export type RunStorage = z.infer<z.ZodObject<typeof runStorageShape>>;

/** Where a run may have copies of its files put, whoever sent it. */
const COPIES = /^\/(dev\/shm|mnt|scratch|tmp|var\/tmp)(\/(?!\.\.(\/|$))[^/]*)*$/;

function problemOf(name: keyof StorageVariables, value: string): string | undefined {
  if (/:\/\/[^/]*@/.test(value)) return 'holds a user or password; keys have options of their own';
  if (name === 'STAGE_IN_DIR' && !COPIES.test(value)) return 'copies go to /dev/shm, /scratch, /tmp, /var/tmp, or below /mnt';
  return storageSettings.shape[name].safeParse(value).error?.issues[0]?.message;
}
