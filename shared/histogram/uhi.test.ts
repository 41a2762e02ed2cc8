import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnalysisError, isPipelineError } from '../errors.ts';
import { type Axis, category, regular, variable } from './axis.ts';
import { cellCount, contentsFrom, emptyContents } from './contents.ts';
import { fromUhi, toUhi } from './uhi.ts';

const text = fc.string({ minLength: 1, maxLength: 8 });
const axis: fc.Arbitrary<Axis> = fc.oneof(
  fc
    .tuple(fc.integer({ min: 1, max: 5 }), fc.double({ min: -1e3, max: 1e3, noNaN: true }), text, text, fc.string({ maxLength: 3 }))
    .map(([bins, lo, name, label, unit]) => regular(bins, lo + 0, lo + 7, { name, label, unit })),
  fc.tuple(fc.uniqueArray(fc.integer({ min: -99, max: 99 }), { minLength: 2, maxLength: 5 }), text).map(([edges, name]) =>
    variable(
      edges.sort((a, b) => a - b).map((edge) => edge / 7 + 0),
      { name },
    ),
  ),
  fc.tuple(fc.uniqueArray(fc.string(), { maxLength: 4 }), text).map(([names, name]) => category(names, { name })),
);
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const histogram = fc.array(axis, { minLength: 1, maxLength: 2 }).chain((axes) => {
  const cells = { minLength: cellCount(axes), maxLength: cellCount(axes) };
  return fc
    .tuple(fc.array(number, cells), fc.array(number, cells), fc.array(fc.maxSafeNat(), cells), fc.boolean())
    .map(([sumw, sumw2, entries, known]) => contentsFrom(axes, { sumw, sumw2, entries: known ? entries : entries.map(() => Number.NaN) }));
});

/** What Python's hist 2.12 (boost-histogram 1.8, uhi 1.2) writes by `json.dumps(..., default=uhi.io.json.default)`. */
const PYTHON = `{
"weighted": {"uhi_schema": 1, "writer_info": {"boost-histogram": {"version": "1.8.1"}, "hist": {"version": "2.12.1"}}, "axes": [
  {"type": "regular", "lower": 80.0, "upper": 250.0, "bins": 2, "underflow": true, "overflow": true, "circular": false,
   "metadata": {"name": "m4l", "label": "mass \\u00e9", "unit": "GeV"}}],
  "storage": {"type": "weighted", "values": [0.1, 0.30000000000000004, -1.5, 2.0], "variances": [0.01, 0.05, 2.25, 2.0]}, "metadata": {"name": "m", "toy": true}},
"int": {"uhi_schema": 1, "axes": [
  {"type": "regular", "lower": 0.0, "upper": 3.0, "bins": 3, "underflow": true, "overflow": true, "circular": false, "metadata": {"name": "i", "label": "count"}}],
  "storage": {"type": "int", "values": [0, 1, 2, 0, 1]}},
"noflow": {"uhi_schema": 1, "axes": [
  {"type": "regular", "lower": 0.0, "upper": 2.0, "bins": 2, "underflow": false, "overflow": false, "circular": false, "metadata": {"name": "x"}},
  {"type": "variable", "edges": [0.0, 1.0, 3.0], "underflow": false, "overflow": true, "circular": false, "metadata": {"name": "y"}}],
  "storage": {"type": "weighted", "values": [[1.0, 0.0, 0.0], [0.0, 2.0, 3.0]], "variances": [[1.0, 0.0, 0.0], [0.0, 4.0, 9.0]]}},
"category": {"uhi_schema": 1, "axes": [{"type": "category_str", "categories": ["a", "b"], "flow": false}],
  "storage": {"type": "weighted", "values": [4.0, 5.0], "variances": [6.0, 7.0]}}
}`;

function changed(change: (ir: ReturnType<typeof JSON.parse>) => unknown): string {
  const file = JSON.parse(PYTHON);
  change(file.noflow);
  return JSON.stringify({ noflow: file.noflow });
}

function codeOf(json: string): string {
  try {
    fromUhi(json);
    return 'none';
  } catch (error) {
    return isPipelineError(error) ? error.code : String(error);
  }
}

describe('UHI JSON', () => {
  it('comes back as it was, with flow, metadata and entries', () => {
    const named = fc.dictionary(fc.string(), histogram, { maxKeys: 4 });
    fc.assert(
      fc.property(named, (histograms) => {
        const json = toUhi(histograms);
        const back = fromUhi(json);
        expect(Object.entries(back)).toEqual(Object.entries(histograms));
        expect(toUhi(back)).toBe(json);
      }),
      { numRuns: 300 },
    );
  });

  it('has this text, byte for byte', () => {
    const axes = [regular(1, 80, 250, { name: 'm4l', label: 'mass', unit: 'GeV' }), category(['e'], { name: 'flavour' })];
    const contents = contentsFrom(axes, { sumw: [0.1, 2, 3, -4, 5, 1e-7], sumw2: [1, 2, 3, 4, 5, 6], entries: [1, 0, 0, 0, 0, 9] });
    expect(
      toUhi({ m4l: { ...contents, metadata: { name: 'm4l', toy: true } }, none: emptyContents([variable([0, 1], { name: 'x' })]) }),
    ).toBe(
      [
        '{',
        '"m4l": {"uhi_schema":1,"writer_info":{"higgsflow":{"entries":"1 0 0 0 0 9"}},"metadata":{"name":"m4l","toy":true},"axes":[' +
          '{"type":"regular","lower":80,"upper":250,"bins":1,"underflow":true,"overflow":true,"circular":false,"metadata":{"name":"m4l","label":"mass","unit":"GeV"}},' +
          '{"type":"category_str","categories":["e"],"flow":true,"metadata":{"name":"flavour","label":"flavour"}}],' +
          '"storage":{"type":"weighted","values":[[0.1,2],[3,-4],[5,1e-7]],"variances":[[1,2],[3,4],[5,6]]}},',
        '"none": {"uhi_schema":1,"writer_info":{"higgsflow":{"entries":"0 0 0"}},"axes":[' +
          '{"type":"variable","edges":[0,1],"underflow":true,"overflow":true,"circular":false,"metadata":{"name":"x","label":"x"}}],' +
          '"storage":{"type":"weighted","values":[0,0,0],"variances":[0,0,0]}}',
        '}',
        '',
      ].join('\n'),
    );
    expect(toUhi({})).toBe('{}\n');
  });

  it("of Python's hist is read: weighted and counts, with flow or without", () => {
    const { weighted, int, noflow, category: named } = fromUhi(PYTHON);
    expect(weighted).toEqual({
      ...contentsFrom([regular(2, 80, 250, { name: 'm4l', label: 'mass é', unit: 'GeV' })], {
        sumw: [0.1, 0.30000000000000004, -1.5, 2],
        sumw2: [0.01, 0.05, 2.25, 2],
        entries: new Array<number>(4).fill(Number.NaN),
      }),
      metadata: { name: 'm', toy: true },
    });
    expect(int).toEqual(
      contentsFrom([regular(3, 0, 3, { name: 'i', label: 'count' })], {
        sumw: [0, 1, 2, 0, 1],
        sumw2: [0, 1, 2, 0, 1],
        entries: [0, 1, 2, 0, 1],
      }),
    );
    expect([...(noflow?.sumw ?? [])]).toEqual([0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 2, 3, 0, 0, 0, 0]);
    expect([...(noflow?.sumw2 ?? [])]).toEqual([0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 4, 9, 0, 0, 0, 0]);
    expect([...(named?.sumw ?? [])]).toEqual([4, 5, 0]);
  });

  it('cannot hold what is not finite', () => {
    const axes = [regular(1, 0, 1, { name: 'x' })];
    expect(() => toUhi({ h: contentsFrom(axes, { sumw: [0, Number.NaN, 0], sumw2: [0, 0, 0], entries: [0, 0, 0] }) })).toThrow(
      AnalysisError,
    );
    expect(() => toUhi({ h: { ...emptyContents(axes), metadata: { scale: Number.POSITIVE_INFINITY } } })).toThrow(/^h: /);
  });

  it.each([
    ['another schema', changed((ir) => Object.assign(ir, { uhi_schema: 2 })), /noflow: UHI schema 2/],
    ['a profile', changed((ir) => Object.assign(ir.storage, { type: 'mean' })), /"mean"/],
    ['unweighted floats', changed((ir) => Object.assign(ir.storage, { type: 'double' })), /"double"/],
    ['sparse storage', changed((ir) => Object.assign(ir.storage, { index: [[0], [0]] })), /sparse/],
    ['a circular axis', changed((ir) => Object.assign(ir.axes[0], { circular: true })), /circular/],
    ['an integer category', changed((ir) => Object.assign(ir.axes[0], { type: 'category_int' })), /category_int/],
    ['no axes', changed((ir) => Object.assign(ir, { axes: [] })), /0 axes/],
    ['three axes', changed((ir) => ir.axes.push(ir.axes[0])), /3 axes/],
    ['one unnamed histogram', JSON.stringify(JSON.parse(PYTHON).int), /without a name/],
  ])('with %s is refused as unsupported', (_, json, reason) => {
    expect(codeOf(json)).toBe('UnsupportedError');
    expect(() => fromUhi(json)).toThrow(reason);
  });

  it.each([
    ['that is no JSON', '{', /not JSON/],
    ['that is a list', '[]', /object of named/],
    ['whose histogram is null', '{"h": null}', /h: a histogram must be an object/],
    ['without axes', changed((ir) => Object.assign(ir, { axes: undefined })), /axes must be an array/],
    ['with a row too many', changed((ir) => ir.storage.values.push([0, 0, 0])), /3 values along axis "x", which has 2 cells/],
    ['with a short row', changed((ir) => ir.storage.values[1].pop()), /2 values along axis "y"/],
    ['with a text among the values', changed((ir) => ir.storage.values[1].splice(1, 1, '2')), /"2" stands/],
    ['with a null among the variances', changed((ir) => ir.storage.variances[1].splice(1, 1, null)), /finite number/],
    ['without variances', changed((ir) => Object.assign(ir.storage, { variances: undefined })), /variances must be an array/],
    ['with a billion bins', changed((ir) => Object.assign(ir.axes[0], { bins: 1e9 })), /1000000000 cells/],
    ['with half a bin', changed((ir) => Object.assign(ir.axes[0], { bins: 0.5 })), /whole number/],
    ['with edges that fall', changed((ir) => Object.assign(ir.axes[1], { edges: [0, 2, 1] })), /grow/],
    ['with a flag that is none', changed((ir) => Object.assign(ir.axes[1], { overflow: 1 })), /"overflow" must be true or false/],
    ['with nested metadata', changed((ir) => Object.assign(ir, { metadata: { a: {} } })), /metadata "a"/],
    ['with too few entries', changed((ir) => Object.assign(ir, { writer_info: { higgsflow: { entries: '1 2' } } })), /entries/],
    ['with broken entries', changed((ir) => Object.assign(ir, { writer_info: { higgsflow: { entries: '1 2 3 4 5 x' } } })), /entries/],
    [
      'with numbers for categories',
      changed((ir) => ir.axes.splice(0, 1, { type: 'category_str', categories: [1], flow: true })),
      /strings/,
    ],
  ])('%s is refused as a bad message', (_, json, reason) => {
    expect(codeOf(json)).toBe('MessageError');
    expect(() => fromUhi(json)).toThrow(reason);
  });

  it('with any one value replaced by another either is read or raises a tagged error', () => {
    const junk = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom(-1, 0, 1e9, 2 ** 53, '', 'weighted', [], {}));
    const sites: (readonly [string, string])[] = [];
    const collect = (value: unknown, path: string): void => {
      if (typeof value !== 'object' || value === null) return;
      for (const [key, inner] of Object.entries(value)) {
        sites.push([path, key]);
        collect(inner, `${path}/${key}`);
      }
    };
    collect(JSON.parse(PYTHON), '');
    fc.assert(
      fc.property(fc.constantFrom(...sites), junk, ([path, key], value) => {
        const file = JSON.parse(PYTHON);
        const parent = path
          .split('/')
          .slice(1)
          .reduce((inner, step) => inner[step], file);
        parent[key] = value;
        try {
          fromUhi(JSON.stringify(file));
        } catch (error) {
          if (!isPipelineError(error, 'MessageError') && !isPipelineError(error, 'UnsupportedError')) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });
});
