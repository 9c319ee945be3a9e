/** The errors of module resolution, with the codes, classes and messages that Node gives them. */

type Made = Error & { code: string }

/** An error as Node's own: `code` is a property, and the stack names it while the `name` stays plain. */
function coded(Base: ErrorConstructor | TypeErrorConstructor, code: string, message: string, fields: object = {}): Made {
  const error = new Base(message) as Made
  error.name = `${error.name} [${code}]`
  // V8 writes the head of the stack when the stack is made.
  Error.captureStackTrace(error, coded)
  void error.stack
  delete (error as { name?: string }).name
  return Object.assign(error, { code }, fields)
}

const from = (base: string | undefined): string => (base === undefined ? '' : ` imported from ${base}`)

export const errors = {
  /** A file that is not there. `base` is the path of the importer. */
  moduleNotFound: (path: string, base: string | undefined, url?: string): Made =>
    coded(Error, 'ERR_MODULE_NOT_FOUND', `Cannot find module '${path}'${from(base)}`, url === undefined ? {} : { url }),

  /** A package that no `node_modules` on the way up has. */
  packageNotFound: (name: string, base: string | undefined): Made =>
    coded(Error, 'ERR_MODULE_NOT_FOUND', `Cannot find package '${name}'${from(base)}`),

  /** What `require` cannot find; `stack` are the paths of the modules that led to it. */
  requireNotFound: (request: string, stack: readonly string[]): Made => {
    const trail = stack.length === 0 ? '' : `\nRequire stack:\n- ${stack.join('\n- ')}`
    return Object.assign(new Error(`Cannot find module '${request}'${trail}`), { code: 'MODULE_NOT_FOUND', requireStack: stack })
  },

  /** A package whose `main` leads nowhere, and which has no `index` either. */
  badMain: (path: string, manifest: string, request: string): Made =>
    Object.assign(new Error(`Cannot find module '${path}'. Please verify that the package.json has a valid "main" entry`), {
      code: 'MODULE_NOT_FOUND',
      path: manifest,
      requestPath: request,
    }),

  /** An ES module in a mount whose imports `require` cannot follow on this version of Node. */
  requireOfModule: (path: string, cause: unknown): Made =>
    coded(
      Error,
      'ERR_REQUIRE_ESM',
      `require() of ES Module ${path} is not supported on Node ${process.versions.node}: its imports lie in a mount. Use import(), or Node 22.`,
      { cause },
    ),

  /** A directory where a module was meant. */
  directory: (path: string, base: string | undefined, url: string): Made =>
    coded(Error, 'ERR_UNSUPPORTED_DIR_IMPORT', `Directory import '${path}' is not supported resolving ES modules${from(base)}`, { url }),

  /** A specifier that cannot name a module. */
  badSpecifier: (specifier: string, reason: string, base: string | undefined): Made =>
    coded(TypeError, 'ERR_INVALID_MODULE_SPECIFIER', `Invalid module "${specifier}" ${reason}${from(base)}`),

  /** A `package.json` that is not one. `base` says who asked. */
  badConfig: (path: string, base: string | undefined, reason: string): Made =>
    coded(
      Error,
      'ERR_INVALID_PACKAGE_CONFIG',
      `Invalid package config ${path}${base === undefined ? '' : ` while importing ${base}`}${reason === '' ? '' : `. ${reason}`}`,
    ),

  /** An `exports` or `imports` target that leaves its package, or is no target at all. */
  badTarget: (dir: string, key: string, target: unknown, isImports: boolean, base: string | undefined): Made => {
    const relative = !isImports && !(typeof target === 'string' && (target === '' || target.startsWith('./'))) && typeof target !== 'object'
    const text = typeof target === 'object' ? JSON.stringify(target) : String(target)
    const what = key === '.' ? '"exports" main target' : `"${isImports ? 'imports' : 'exports'}" target`
    const where = key === '.' ? 'defined' : `defined for '${key}'`
    const hint = relative ? '; targets must start with "./"' : ''
    const message = `Invalid ${what} ${JSON.stringify(text)} ${where} in the package config ${dir}package.json${from(base)}${hint}`
    return coded(Error, 'ERR_INVALID_PACKAGE_TARGET', message)
  },

  /** A subpath that `exports` does not offer. */
  notExported: (dir: string, subpath: string, base: string | undefined): Made =>
    coded(
      Error,
      'ERR_PACKAGE_PATH_NOT_EXPORTED',
      subpath === '.'
        ? `No "exports" main defined in ${dir}package.json${from(base)}`
        : `Package subpath '${subpath}' is not defined by "exports" in ${dir}package.json${from(base)}`,
    ),

  /** A `#name` that `imports` does not offer. */
  notImported: (specifier: string, dir: string | undefined, base: string | undefined): Made =>
    coded(
      TypeError,
      'ERR_PACKAGE_IMPORT_NOT_DEFINED',
      `Package import specifier "${specifier}" is not defined${dir === undefined ? '' : ` in package ${dir}package.json`}${from(base)}`,
    ),
}
