import { type Axis, category, extent, regular, variable } from '#shared/histogram/axis.ts';
import { isColumnType } from '#shared/root/column-type.ts';
import { ConfigError } from '../errors.ts';
import type { Analysis, AnyEvents, HistogramDeclaration, Output, Parameters, SignalWindow } from './define-analysis.ts';
import { lineOfError } from './line-of-error.ts';
import { isParameterValue } from './parameters.ts';
import { canHaveWindow } from './significance.ts';
import { findUnknownParameter } from './unknown-names.ts';

const HINT = 'examples/my-analysis.ts shows what one looks like.';

/** Also the names of objects in a ROOT file and of columns in a CSV file. */
const HISTOGRAM_NAME = /^[A-Za-z]\w*$/;

/**
 * Takes anything (say, the export of a user's file) for an analysis, fills in its optional parts, and tries out its
 * histograms with the default parameters.
 * @throws ConfigError that lists everything that is missing or wrong
 */
export function checkAnalysis(value: unknown, file?: string): Analysis {
  if (typeof value !== 'object' || value === null) throw new ConfigError('an analysis must be an object', { file, hint: HINT });
  const given = value as Record<string, unknown>;
  const object = typeof given['name'] === 'string' ? given['name'] : undefined;
  const problems = [
    ...textProblems(given),
    ...columnProblems(given),
    ...parameterProblems(given),
    ...functionProblems(given),
    ...preselectProblems(given),
  ];
  const analysis = problems.length === 0 ? complete(value as Analysis) : undefined;
  if (analysis !== undefined) problems.push(...histogramProblems(analysis));
  if (analysis === undefined || problems.length > 0) {
    throw new ConfigError(`not a valid analysis: ${problems.join('; ')}`, { file, object, hint: HINT });
  }
  return analysis;
}

/** Fills in the optional parts. Functions stay methods of the given object, so that `this` works. */
function complete(given: Analysis): Analysis {
  const { signalWindow, preselect } = given;
  return Object.freeze({
    name: given.name,
    title: given.title,
    tree: given.tree,
    columns: Object.freeze({ ...given.columns }),
    mcColumns: Object.freeze({ ...given.mcColumns }),
    parameters: Object.freeze({ ...given.parameters }),
    histograms: (parameters: Parameters) => given.histograms(parameters),
    cutFlow: Object.freeze([...given.cutFlow]),
    ...(signalWindow === undefined ? {} : { signalWindow }),
    ...(preselect === undefined ? {} : { preselect }),
    process: (events: AnyEvents, out: Output, parameters: Parameters) => given.process(events, out, parameters),
  });
}

function textProblems(given: Record<string, unknown>): string[] {
  const problems = ['name', 'title', 'tree']
    .filter((key) => typeof given[key] !== 'string' || given[key] === '')
    .map((key) => `\`${key}\` must be a text`);
  const { name, cutFlow } = given;
  if (typeof name === 'string' && name !== '' && !/^[\w.-]+$/.test(name))
    problems.push('`name` may hold letters, digits, `-`, `_` and `.` only');
  const steps = Array.isArray(cutFlow) ? cutFlow : [];
  if (steps.length === 0 || !steps.every((step) => typeof step === 'string'))
    problems.push("`cutFlow` must be a list of steps, like ['all']");
  else if (new Set(steps).size !== steps.length) problems.push('the steps of `cutFlow` must differ');
  return problems;
}

function columnProblems(given: Record<string, unknown>): string[] {
  const { columns, mcColumns = {} } = given;
  if (!isRecord(columns) || Object.keys(columns).length === 0) return ["`columns` must name at least one branch, like { lep_pt: 'f32[]' }"];
  if (!isRecord(mcColumns)) return ["`mcColumns` must be an object, like { mcWeight: 'f32' }"];
  const problems: string[] = [];
  for (const [name, type] of [...Object.entries(columns), ...Object.entries(mcColumns)]) {
    if (name === 'entries' || name === 'mc') problems.push(`\`${name}\` cannot be the name of a column`);
    if (!isColumnType(type)) problems.push(`column \`${name}\` has no type like 'f32', 'i32[]' or 'bool', but ${JSON.stringify(type)}`);
  }
  const both = Object.keys(columns).filter((name) => Object.hasOwn(mcColumns, name));
  return [...problems, ...both.map((name) => `\`${name}\` is in both \`columns\` and \`mcColumns\``)];
}

function parameterProblems(given: Record<string, unknown>): string[] {
  const { parameters = {} } = given;
  if (!isRecord(parameters)) return ['`parameters` must be an object of defaults, like { minMet: 0 }'];
  return Object.entries(parameters)
    .filter(([, standard]) => !isParameterValue(standard))
    .map(([name]) => `parameter \`${name}\` needs a default that is a finite number, boolean, text or list of numbers`);
}

function functionProblems(given: Record<string, unknown>): string[] {
  return ['histograms', 'process'].filter((key) => typeof given[key] !== 'function').map((key) => `\`${key}\` must be a function`);
}

function preselectProblems({ preselect, columns }: Record<string, unknown>): string[] {
  if (preselect === undefined) return [];
  const names = isRecord(preselect) && Array.isArray(preselect['columns']) ? preselect['columns'] : [];
  const problems = names
    .filter((name) => !(typeof name === 'string' && isRecord(columns) && Object.hasOwn(columns, name)))
    .map((name) => `\`preselect\` names \`${name}\`, which is not in \`columns\``);
  if (names.length === 0) problems.push("`preselect` must name at least one column, like { columns: ['lep_n'], select() {} }");
  if (isRecord(preselect) && typeof preselect['select'] !== 'function') problems.push('`preselect` needs a function `select`');
  return problems;
}

function histogramProblems(analysis: Analysis): string[] {
  let declared: unknown;
  try {
    declared = analysis.histograms(analysis.parameters);
  } catch (error) {
    const line = lineOfError(error);
    const where = line === undefined ? '' : ` (at ${line})`;
    const unknown = findUnknownParameter(analysis, analysis.parameters);
    if (unknown !== undefined) return [`\`histograms\` failed: ${unknown.reason}${where}. ${unknown.hint}`];
    return [`\`histograms\` failed: ${error instanceof Error ? error.message : String(error)}${where}`];
  }
  if (!isRecord(declared) || Object.keys(declared).length === 0) return ['`histograms` must return at least one histogram'];
  const problems = Object.entries(declared).flatMap(([name, declaration]) => declarationProblems(name, declaration));
  const { signalWindow } = analysis;
  if (signalWindow !== undefined && !(Object.hasOwn(declared, signalWindow.histogram) && signalWindow.lo < signalWindow.hi)) {
    problems.push('`signalWindow` must name a histogram and a range `lo` < `hi` of its axis');
  } else if (signalWindow !== undefined && problems.length === 0) {
    const { axes } = declared[signalWindow.histogram] as HistogramDeclaration;
    problems.push(...windowProblems(signalWindow, axes));
  }
  return problems;
}

/** What is wrong with the window in a histogram of these axes. */
export function windowProblems({ histogram }: SignalWindow, axes: readonly Axis[]): string[] {
  if (canHaveWindow(axes)) return [];
  const which = axes.length > 1 ? `${axes.length} axes` : 'an axis of categories';
  return [`\`signalWindow\` names the histogram \`${histogram}\`, which has ${which}; a window is a range of one numeric axis`];
}

function declarationProblems(name: string, declaration: unknown): string[] {
  if (name === 'cutFlow') return ['`cutFlow` cannot be the name of a histogram'];
  if (!HISTOGRAM_NAME.test(name)) return [`histogram \`${name}\`: a name starts with a letter and holds letters, digits and _`];
  if (!isRecord(declaration) || typeof declaration['title'] !== 'string') return [`histogram \`${name}\` needs a \`title\``];
  const { axes } = declaration;
  if (!Array.isArray(axes) || axes.length < 1 || axes.length > 2) return [`histogram \`${name}\` needs \`axes\`, a list of one or two`];
  return axes.flatMap((axis, i) => axisProblems(`axis ${i + 1} of histogram \`${name}\``, axis));
}

/** An axis may be a plain object of a user's file, so it is made once more by the functions that check. */
function axisProblems(what: string, value: unknown): string[] {
  const axis = value as Axis;
  if (!isRecord(value) || typeof axis.name !== 'string' || typeof axis.label !== 'string')
    return [`${what} must be made by regular(), variable() or category()`];
  try {
    if (axis.type === 'regular') extent(regular(axis.bins, axis.lo, axis.hi, axis));
    else if (axis.type === 'variable') extent(variable(axis.edges, axis));
    else extent(category(axis.categories, axis));
    return [];
  } catch (error) {
    return [`${what}: ${error instanceof Error ? error.message : String(error)}`];
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
