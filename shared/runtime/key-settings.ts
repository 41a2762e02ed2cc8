/** Keys of a run in the environment of whoever submits it. */
import { z } from 'zod';
import { SECRET } from './settings.ts';
import { storageSettings } from './storage-settings.ts';

const key = z.string().min(1).optional();
const { S3_ACCESS_KEY, S3_SECRET_KEY, S3_SESSION_TOKEN, GCS_ACCESS_KEY, GCS_SECRET_KEY, GCS_KEY_JSON, BEARER_TOKEN } =
  storageSettings.shape;

export const keySettings = z.object({
  HIGGSFLOW_ACCESS_KEY: key.meta({ ...SECRET, description: 'access key of the buckets that the run reads and writes' }),
  HIGGSFLOW_SECRET_KEY: key.meta({ ...SECRET, description: 'its secret key' }),
  HIGGSFLOW_SESSION_TOKEN: key.meta({ ...SECRET, description: 'session token of temporary keys' }),
  ...{ S3_ACCESS_KEY, S3_SECRET_KEY, S3_SESSION_TOKEN, GCS_ACCESS_KEY, GCS_SECRET_KEY },
  GCS_KEY_JSON: GCS_KEY_JSON.meta({ ...SECRET, description: 'JSON key of a service account' }),
  BEARER_TOKEN: BEARER_TOKEN.meta({ ...SECRET, description: 'token for davs:// and roots://' }),
});
