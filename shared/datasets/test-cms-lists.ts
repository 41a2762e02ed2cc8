/**
 * Lists in the shape of the CMS Higgs sample of 2011 and 2012, for tests: 68 of them with 26,920 files. Names of lists and
 * numbers of files by dataset are those of the public sample; how files are spread over the blocks of a dataset, and the
 * files' names, are made up.
 */
import { type FileList, listDataset } from './file-list.ts';

interface Sample {
  /** Campaign folder, dataset, tier, version. */
  readonly place: readonly [string, string, string, string];
  readonly files: number;
  readonly blocks: readonly string[];
}

const mc2011 = (name: string, files: number, blocks: readonly string[]): Sample => ({
  place: ['MonteCarlo2011/Summer11LegDR', name, 'AODSIM', 'PU_S13_START53_LV6-v1'],
  files,
  blocks,
});
const mc2012 = (name: string, version: string, files: number, blocks: readonly string[]): Sample => ({
  place: ['MonteCarlo2012/Summer12_DR53X', name, 'AODSIM', version],
  files,
  blocks,
});
const data = (run: string, name: string, files: number, blocks: readonly string[]): Sample => ({
  place: [run, name, 'AOD', run === 'Run2011A' ? '12Oct2013-v1' : '22Jan2013-v1'],
  files,
  blocks,
});

const S10 = 'PU_S10_START53_V19-v1';
const RD1 = 'PU_RD1_START53_V7N-v2';

const SAMPLES: readonly Sample[] = [
  mc2011('DYJetsToLL_M-10To50_TuneZ2_7TeV-pythia6', 1771, ['00000']),
  mc2011('DYJetsToLL_M-50_7TeV-madgraph-pythia6-tauola', 7501, [
    ...['00000', '00001', '00002', '010000', '010001', '010002', '010003', '010004', '010005'],
  ]),
  mc2011('SMHiggsToZZTo4L_M-125_7TeV-powheg15-JHUgenV3-pythia6', 22, ['20000']),
  mc2011('TTTo2L2Nu2B_7TeV-powheg-pythia6', 676, ['00000']),
  mc2011('ZZTo2e2mu_mll4_7TeV-powheg-pythia6', 97, ['00000', '20000', '40000']),
  mc2011('ZZTo4e_mll4_7TeV-powheg-pythia6', 96, ['00000', '10000', '20000', '30000', '40000', '420000']),
  mc2011('ZZTo4mu_mll4_7TeV-powheg-pythia6', 92, ['10000', '40000']),
  mc2012('DYJetsToLL_M-10to50_HT-200to400_TuneZ2star_8TeV-madgraph-tauola', S10, 430, ['00000', '30000']),
  mc2012('DYJetsToLL_M-10to50_HT-400toInf_TuneZ2star_8TeV-madgraph-tauola', S10, 277, ['00000', '30000']),
  mc2012('DYJetsToLL_M-50_TuneZ2Star_8TeV-madgraph-tarball-tauola-tauPolarOff', S10, 2467, ['00000', '00001']),
  mc2012('SMHiggsToZZTo4L_M-125_8TeV-powheg15-JHUgenV3-pythia6', S10, 34, ['10000']),
  mc2012('TTbar_8TeV-Madspin_aMCatNLO-herwig', 'PU_S10_START53_V19-v2', 696, ['00000', '20000']),
  mc2012('ZZTo2e2mu_8TeV-powheg-pythia6', RD1, 161, ['10000']),
  mc2012('ZZTo4e_8TeV-powheg-pythia6', RD1, 143, ['20000']),
  mc2012('ZZTo4mu_8TeV-powheg-pythia6', 'PU_RD1_START53_V7N-v1', 151, ['20000']),
  data('Run2011A', 'DoubleElectron', 1697, ['20000', '20001']),
  data('Run2011A', 'DoubleMu', 1378, ['10000', '10001', '20000']),
  data('Run2012B', 'DoubleElectron', 1643, ['20000', '20001', '30000']),
  data('Run2012B', 'DoubleMuParked', 2279, ['10000', '20000', '20001', '20002', '210000', '30000', '310000']),
  data('Run2012C', 'DoubleElectron', 2389, ['20000', '20001', '20002', '20003', '20011']),
  data('Run2012C', 'DoubleMuParked', 2920, [
    ...['10000', '10001', '10002', '10003', '10010', '10011', '10013', '10016', '10018', '10021', '10022', '10024', '20000'],
  ]),
];

/** A name in the form of CMS files, the same for the same number. */
function fileName(number: number): string {
  const hex = (salt: number, digits: number) =>
    (Math.imul(number + 1, salt) >>> 0).toString(16).toUpperCase().padStart(digits, '0').slice(-digits);
  const serial = number.toString(16).toUpperCase().padStart(12, '0');
  return `${hex(2654435761, 8)}-${hex(40503, 4)}-E211-${hex(2246822519, 4)}-${serial}.root`;
}

function listsOf({ place: [folder, name, tier, version], files, blocks }: Sample, start: number): { name: string; text: string }[] {
  const prefix = `CMS_${folder.replaceAll('/', '_')}_${name}_${tier}_${version}`;
  return blocks.map((block, i) => {
    const [from, to] = [i, i + 1].map((n) => Math.floor((files * n) / blocks.length)) as [number, number];
    const lines = Array.from(
      { length: to - from },
      (_, k) => `s3/higgs-demo/eos/opendata/cms/${folder}/${name}/${tier}/${version}/${block}/${fileName(start + from + k)}`,
    );
    return { name: `${prefix}_${block}_file_index.txt`, text: `${lines.join('\n')}\n` };
  });
}

/** The lists as files: name and text. */
export const CMS_LISTS: readonly { readonly name: string; readonly text: string }[] = SAMPLES.flatMap((sample, i) =>
  listsOf(
    sample,
    SAMPLES.slice(0, i).reduce((sum, { files }) => sum + files, 0),
  ),
);

/** The same, read, in a folder `datasets_s3`. */
export function cmsLists(): FileList[] {
  return CMS_LISTS.map(({ name, text }) => ({
    name: listDataset(name),
    path: `datasets_s3/${name}`,
    files: text
      .trim()
      .split('\n')
      .map((line) => line.replace('s3/', 's3://')),
  }));
}
