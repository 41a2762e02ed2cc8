/** Name of cluster i of a dataset mapping: this and i. Alone in its file, because the help texts need it and nothing else. */
export const DEFAULT_PREFIX = 'higgsflow-';
