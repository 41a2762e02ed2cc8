/** Keys of a run in the environment of whoever submits it. */
import * as v from 'valibot';
import { text } from '../schema.ts';
import { secretSetting } from './settings.ts';
import { storageSettings } from './storage-settings.ts';

const { S3_ACCESS_KEY, S3_SECRET_KEY, S3_SESSION_TOKEN, GCS_ACCESS_KEY, GCS_SECRET_KEY, GCS_KEY_JSON, BEARER_TOKEN } =
  storageSettings.entries;

export const keySettings = v.object({
  HIGGSFLOW_ACCESS_KEY: secretSetting(v.optional(text), 'access key of the buckets that the run reads and writes'),
  HIGGSFLOW_SECRET_KEY: secretSetting(v.optional(text), 'its secret key'),
  HIGGSFLOW_SESSION_TOKEN: secretSetting(v.optional(text), 'session token of temporary keys'),
  ...{ S3_ACCESS_KEY, S3_SECRET_KEY, S3_SESSION_TOKEN, GCS_ACCESS_KEY, GCS_SECRET_KEY },
  GCS_KEY_JSON: secretSetting(GCS_KEY_JSON, 'JSON key of a service account'),
  BEARER_TOKEN: secretSetting(BEARER_TOKEN, 'token for davs:// and roots://'),
});
