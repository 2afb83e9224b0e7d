extension APIPage {
  static let style = """
    :root { color-scheme: light dark; --line: #8884; --soft: #8881; --accent: #2f6feb; }
    * { box-sizing: border-box; }
    body { margin: 0; font: 15px/1.5 system-ui, sans-serif; display: grid; grid-template: auto 1fr / 17rem 1fr; min-height: 100vh; }
    header { grid-column: 1 / 3; padding: 1rem 1.5rem; border-bottom: 1px solid var(--line); }
    h1 { font-size: 1.3rem; margin: 0; }
    header p { margin: .2rem 0 0; }
    header form { margin-top: .6rem; display: flex; gap: .6rem; align-items: center; flex-wrap: wrap; }
    nav { padding: 1rem 1.5rem; border-right: 1px solid var(--line); }
    nav h2 { font-size: .8rem; text-transform: uppercase; letter-spacing: .05em; margin: 1rem 0 .2rem; }
    nav ul { list-style: none; margin: 0; padding: 0; }
    nav a { color: inherit; text-decoration: none; }
    nav a:hover, nav a:focus { text-decoration: underline; }
    main { padding: 1rem 1.5rem 4rem; min-width: 0; max-width: 60rem; }
    main h2 { font-size: 1.1rem; margin: 1.6rem 0 .4rem; }
    details { border: 1px solid var(--line); border-radius: .4rem; margin: .4rem 0; }
    summary { cursor: pointer; padding: .5rem .7rem; display: flex; gap: .7rem; align-items: baseline; flex-wrap: wrap; }
    details > div { padding: 0 .9rem .9rem; }
    code, pre, .method, textarea { font: 13px/1.45 ui-monospace, monospace; }
    pre, textarea { background: var(--soft); border: 1px solid var(--line); border-radius: .3rem; padding: .6rem; overflow: auto; max-height: 26rem; }
    textarea { width: 100%; min-height: 6rem; color: inherit; }
    .method { font-weight: 700; min-width: 4.2rem; }
    .get { color: #1a7f37; } .post { color: #2f6feb; } .put { color: #9a6700; } .delete { color: #cf222e; }
    .told { color: #777; margin-left: auto; }
    table { border-collapse: collapse; width: 100%; margin: .4rem 0; }
    th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); }
    th { font-size: .8rem; }
    input { font: inherit; padding: .25rem .4rem; border: 1px solid var(--line); border-radius: .3rem; background: transparent; color: inherit; width: 100%; }
    header input { width: 24rem; max-width: 60vw; }
    button { font: inherit; padding: .3rem .9rem; border: 0; border-radius: .3rem; background: var(--accent); color: #fff; cursor: pointer; }
    @media (max-width: 50rem) { body { display: block; } nav { border: 0; } }
    """
}
