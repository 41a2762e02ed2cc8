/** Why an analysis met `undefined`: mostly it asked for a histogram, column or parameter that is not there. */
import { didYouMean } from '../did-you-mean.ts';
import type { Analysis, AnyEvents, Output, Parameters } from './define-analysis.ts';

/** What `process` and `preselect.select` are called with. */
export interface Arguments {
  readonly events: AnyEvents;
  readonly out: Output;
  readonly parameters: Parameters;
}

/** What is wrong, and what helps. */
interface Finding {
  readonly reason: string;
  readonly hint: string;
}

/**
 * The name behind `error`, which the call threw: the call is made once more, and the last name counts that it asks for in vain.
 * To look at names in the loop itself would cost more than most fills.
 */
export function findUnknownName(
  { mcColumns }: Analysis,
  { events, out, parameters }: Arguments,
  call: (given: Arguments) => unknown,
  error: unknown,
): Finding | undefined {
  if (!(error instanceof TypeError && error.message.includes('undefined'))) return undefined;
  const { mc } = events;
  const wanted = Object.keys(mcColumns).find((name) => error.message.includes(`'${name}'`));
  if (mc === undefined && wanted !== undefined) return noSimulation(wanted);
  let found: Finding | undefined;
  const watch = <T extends object>(object: T, find: (name: string) => Finding): T =>
    watched(object, (name) => {
      found = find(name);
    });
  try {
    const weights = mc === undefined ? mc : watch(mc, (name) => unknown('column', name, mc, ' in `mcColumns`'));
    call({
      events: watch({ ...events, mc: weights } as AnyEvents, (name) =>
        Object.hasOwn(mcColumns, name) ? ofSimulation(name) : unknown('column', name, columnsOf(events), ' in `columns`'),
      ),
      out: watch(out, (name) => unknown('histogram', name, out)),
      parameters: watch(parameters, (name) => unknown('parameter', name, parameters)),
    });
  } catch {
    // As it did before.
  }
  return found;
}

/** The parameter that is not there and that `histograms` asks for, where it fails with these. */
export function findUnknownParameter(analysis: Pick<Analysis, 'histograms'>, parameters: Parameters): Finding | undefined {
  let found: Finding | undefined;
  try {
    const tell = (name: string) => {
      found = unknown('parameter', name, parameters);
    };
    analysis.histograms(watched(parameters, tell));
  } catch {
    return found;
  }
  return undefined;
}

/** The same object, which tells of names that are asked for and that it does not have. */
function watched<T extends object>(object: T, tell: (name: string) => void): T {
  return new Proxy(object, {
    get: (target, name) => {
      if (typeof name === 'string' && !(name in target)) tell(name);
      return Reflect.get(target, name);
    },
  });
}

function unknown(what: string, name: string, there: object, where = ''): Finding {
  return { reason: `there is no ${what} \`${name}\`${where}`, hint: didYouMean(name, Object.keys(there)) || 'There are none.' };
}

function ofSimulation(name: string): Finding {
  return { reason: `\`${name}\` is one of \`mcColumns\``, hint: `Write \`events.mc?.${name}\`: data have none.` };
}

function noSimulation(name: string): Finding {
  return { reason: `\`events.mc\` is undefined here: these entries are data`, hint: `Write \`events.mc?.${name}.values[entry] ?? 1\`.` };
}

function columnsOf({ entries: _, mc: __, ...columns }: AnyEvents): object {
  return columns;
}
