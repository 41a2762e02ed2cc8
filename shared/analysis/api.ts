/**
 * `higgsflow/analysis`: all that an analysis of a user's own imports, from wherever its file is.
 *
 * @example import { defineAnalysis, regular } from 'higgsflow/analysis';
 */
export { type Axis, category, regular, variable } from '#shared/histogram/axis.ts';
export type { Histogram } from '#shared/histogram/histogram.ts';
export {
  type ColumnOf,
  type ColumnType,
  type FixedColumn,
  type JaggedColumn,
  type ScalarColumn,
  type TextColumn,
  textAt,
} from '#shared/root/column-type.ts';
export { AnalysisError } from '../errors.ts';
export { requireAligned } from './aligned.ts';
export {
  type Analysis,
  type AnalysisDefinition,
  defineAnalysis,
  type Events,
  type HistogramDeclaration,
  type Output,
  type Parameters,
  type Preselection,
  type SignalWindow,
} from './define-analysis.ts';
export { fourObjectMass, pairMass } from './kinematics.ts';
export { MOMENTA, type Reals, setMomenta } from './momentum.ts';
export { anyTrue, isFourLeptonFlavour, passesPt, sumOfFour } from './selection.ts';
