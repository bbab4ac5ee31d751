import { readdirSync, readFileSync } from 'node:fs'
import { defineConfig } from 'vitepress'

// The sidebar is docs/README.md: its headings are the groups, its links the pages.
const index = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const sidebar = index.split(/^## /m).slice(1).map(section => ({
  text: section.split('\n', 1)[0],
  items: [...section.matchAll(/^- \[([^\]]+)\]\(([^)]+)\)/gm)]
    .filter(([, , path]) => !path.startsWith('../'))
    .map(([, text, path]) => ({ text, link: '/' + path.replace(/README\.md$/, '').replace(/\.md$/, '') })),
}))
sidebar.push({ text: 'Decision records', collapsed: true, items: decisions() })

// Files in public/ are copied to the root of the site: the report of the study.
// Files outside docs/ are not part of the site. REMORA_REPOSITORY, the address at which the sources
// can be browsed, turns links to them into links to that address; without it they are plain text.
const repository = process.env.REMORA_REPOSITORY?.replace(/\/$/, '')

export default defineConfig({
  title: 'Remora',
  description: 'Is the market worth trading right now?',
  cleanUrls: true,
  rewrites: { 'README.md': 'index.md', 'decisions/README.md': 'decisions/index.md' },
  markdown: { linkify: false, config: markdown => markdown.core.ruler.push('outside', state => outsideLinks(state)) },
  themeConfig: { search: { provider: 'local' }, sidebar, outline: [2, 3] },
})

function decisions() {
  const folder = new URL('../decisions/', import.meta.url)
  return readdirSync(folder).filter(name => /^\d{4}-/.test(name)).sort().map(name => ({
    text: readFileSync(new URL(name, folder), 'utf8').match(/^# (.+)$/m)[1],
    link: `/decisions/${name.replace(/\.md$/, '')}`,
  }))
}

function outsideLinks(state) {
  const depth = (state.env.relativePath ?? '').split('/').length // 1 for a page in docs/ itself
  for (const { children } of state.tokens.filter(token => token.type === 'inline')) {
    let plain = false
    for (const token of children) {
      if (token.type === 'link_open') {
        const target = token.attrGet('href')
        if (target.startsWith('public/')) {
          token.attrSet('href', target.slice('public'.length))
          token.attrSet('target', '_self') // a file, not a page of the site
        }
        plain = target.startsWith('../'.repeat(depth))
        if (!plain) continue
        if (repository) {
          token.attrSet('href', `${repository}/${target.slice(3 * depth)}`)
          plain = false
        } else Object.assign(token, { type: 'text', tag: '', content: '', nesting: 0, attrs: null })
      } else if (token.type === 'link_close' && plain) {
        Object.assign(token, { type: 'text', tag: '', content: '', nesting: 0 })
        plain = false
      }
    }
  }
}
