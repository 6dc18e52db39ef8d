-- Quarto's Markdown on top of pandoc, as a process that converts one page after another: `pandoc
-- lua` runs it, each line of standard input is a request, each line of standard output its answer
-- (see the end). A page goes through three passes: first what is there at all (outputs,
-- conditions), then from the top down callouts, tabsets, captions and numbers, last layouts,
-- references, images and tables.
local stringify, Blocks, Inlines = pandoc.utils.stringify, pandoc.Blocks, pandoc.Inlines
local options, warnings, counts, refs, tabsets, tables, parent, section, base -- of a page

local function warn(needle, message)
  warnings[#warnings + 1] = {needle = needle, message = message}
end
local function raw(text, ...) return pandoc.RawBlock('html', text:format(...)) end
local function take(el, name) local v = el.attributes[name]; el.attributes[name] = nil; return v end
local entities = {['&'] = '&amp;', ['<'] = '&lt;', ['>'] = '&gt;', ['"'] = '&quot;'}
local function escape(text) return (text:gsub('[&<>"]', entities)) end

-- The blocks of a Markdown text. What pandoc says is a warning at its line, or at the text's first.
local function read(text, whole)
  for label, note in pairs(options.notes) do -- footnotes that are explained elsewhere on the page
    local mark = '[^' .. label .. ']'
    if not whole and text:find(mark, 1, true) and not text:find(mark .. ':', 1, true) then
      text = text .. '\n\n' .. note
    end
  end
  local said, doc = pandoc.log.silence(pandoc.read, text, 'markdown')
  for _, entry in ipairs(said) do
    local log = pandoc.json.decode(pandoc.json.encode(entry))
    local line = log.line or log.openpos and log.openpos.line
    local message = log.pretty:gsub('%s*a?t? line %d+ column %d+', '')
    if log.type ~= 'NoteDefinedButNotUsed' then
      warn(text:match('%S[^\n]*'), message)
      warnings[#warnings].line = whole and line
    end
  end
  return doc.blocks
end
local flat = pandoc.utils.blocks_to_inlines
local function inlines(text) return text and flat(read(text)) end

-- 1. outputs, conditions, stray HTML ----------------------------------------------------------

local first_pass

local function condition(el)
  if el.classes:includes('aside') then warn('.aside', 'an aside stays in its place') end
  local visible = el.classes:includes('content-visible')
  if not visible and not el.classes:includes('content-hidden') then return nil end
  local holds = true
  for name, value in pairs(el.attributes) do
    local when, what = name:match('^(%w+)%-(%w+)$')
    local fact = what == 'format' and value:match('^html')
      or what == 'meta' and options.flags[value]
    if when == 'when' then holds = holds and fact end
    if when == 'unless' then holds = holds and not fact end
  end
  return (holds and true or false) == visible and el.content or {}
end

-- `<script>` and its like in running text, which would swallow what follows
local function unclosed(el)
  local text = el.format == 'html' and el.text:lower() or ''
  local tag = text:match('^%s*<(%a+)')
  return tag and (' script style textarea title iframe xmp '):find(' ' .. tag .. ' ', 1, true)
    and not text:find('</' .. tag, 1, true)
end

local function output(el)
  local kind = el.classes[1] and el.classes[1]:match('^output%-(%a+)$')
  if not kind then return nil end
  local text = options.outputs[tonumber(el.text)] or el.text
  local content = Blocks{pandoc.CodeBlock(text)}
  if kind == 'html' then content = pandoc.read(text, 'html').blocks
  elseif ('markdown latex asis'):find(kind) then content = read(text):walk(first_pass) end
  if kind == 'asis' then return content end
  return pandoc.Div(content, {class = 'cell-output cell-output-' .. kind})
end

first_pass = {
  RawBlock = function(el)
    if unclosed(el) then return pandoc.Para{pandoc.Str(el.text)} end
    local table = el.text:match('^%s*<table.*</table>%s*$')
    return table and pandoc.read(table, 'html').blocks or nil
  end,
  RawInline = function(el) return unclosed(el) and pandoc.Str(el.text) or nil end,
  CodeBlock = output, Div = condition, Span = condition,
}

-- 2. callouts, tabsets, captions, numbers -----------------------------------------------------

local callouts = {note = 'Note', tip = 'Tip', warning = 'Warning', important = 'Important',
  caution = 'Caution'}
local names = {fig = 'Figure', tbl = 'Table', lst = 'Listing', eq = 'Equation', sec = 'Section',
  nte = 'Note', tip = 'Tip', wrn = 'Warning', imp = 'Important', cau = 'Caution', thm = 'Theorem'}
local unsupported = pandoc.List{'list-table', 'proof', 'panel-input', 'panel-sidebar'}

local function kind_of(id) local kind = id:match('^(%l+)%-'); return names[kind] and kind end

-- The next number for an identifier: its label, and what follows the label.
local function number(id)
  local kind = kind_of(id)
  if refs[id] then warn(id, 'used more than once, references mean the last: ' .. id) end
  if parent and parent.kind == kind then
    parent.subs = parent.subs + 1
    local sub = ('(%s)'):format(string.char(96 + parent.subs))
    refs[id] = {kind = kind, number = parent.number .. '\u{a0}' .. sub}
    return sub, ''
  end
  counts[kind] = (counts[kind] or 0) + 1
  refs[id] = {kind = kind, number = tostring(counts[kind])}
  local title = options.crossref[kind .. '-title'] or names[kind]
  return title .. '\u{a0}' .. counts[kind], options.crossref['title-delim'] or ':'
end

-- A caption with the number of `id` before it.
local function caption_of(id, caption)
  caption = Inlines(caption or {})
  if not kind_of(id) then return caption end
  local label, delimiter = number(id)
  if #caption == 0 then return Inlines{pandoc.Str(label)} end
  return Inlines{pandoc.Str(label .. delimiter), pandoc.Space()} .. caption
end

local function figure(content, caption, attr)
  return pandoc.Figure(content, {long = #caption > 0 and {pandoc.Plain(caption)} or {}}, attr)
end

local function callout(div, kind)
  local look, collapse = take(div, 'appearance') or 'default', take(div, 'collapse')
  local icon = take(div, 'icon')
  local content, title = div.content, inlines(take(div, 'title'))
  if not title and content[1] and content[1].t == 'Header' then
    title = content[1].content
    content:remove(1)
  end
  if kind_of(div.identifier) then title = caption_of(div.identifier, title)
  elseif title then
    local told = pandoc.Span(callouts[kind] .. ': ', {class = 'visually-hidden'})
    title = Inlines{told} .. title
  elseif look == 'default' or collapse then title = Inlines(callouts[kind]) end
  div.classes:insert(1, 'callout')
  if look ~= 'default' then div.classes:insert('callout-style-simple') end
  if look == 'minimal' or icon == 'false' then div.classes:insert('no-icon') end
  local body = pandoc.Div(content, {class = 'callout-body'})
  if collapse then
    local id = div.identifier ~= '' and (' id="%s"'):format(escape(div.identifier)) or ''
    local class = escape(table.concat(div.classes, ' '))
    local state = collapse == 'false' and ' open' or ''
    local open = raw('<details class="%s"%s%s><summary class="callout-title">', class, id, state)
    return Blocks{open, pandoc.Plain(title), raw('</summary>'), body, raw('</details>')}
  end
  local head = title and pandoc.Div({pandoc.Plain(title)}, {class = 'callout-title'})
  div.content = head and {head, body} or {body}
  return div
end

local function tabset(div)
  local tabs, level, active = {}, nil, 1
  for _, block in ipairs(div.content) do
    if block.t == 'Header' and block.level == (level or block.level) then
      level = block.level
      tabs[#tabs + 1] = {title = pandoc.Plain(block.content), blocks = Blocks{}}
      if block.classes:includes('active') then active = #tabs end
    elseif #tabs > 0 then tabs[#tabs].blocks:insert(block) end
  end
  if #tabs == 0 then
    warn(stringify(div):sub(1, 30), 'a tabset without headings has no tabs and is left out')
    return {}
  end
  tabsets = tabsets + 1
  local list, panes = Blocks{raw('<ul class="tabs" role="tablist">')}, Blocks{}
  for i, tab in ipairs(tabs) do
    local id = ('tabset-%d-%d'):format(tabsets, i)
    local state = i == active and 'aria-selected="true"' or 'aria-selected="false" tabindex="-1"'
    list:extend{
      raw('<li role="presentation"><button type="button" role="tab" id="%s-tab"', id),
      raw(' aria-controls="%s" %s>', id, state), tab.title, raw('</button></li>'),
    }
    local attributes = {{'role', 'tabpanel'}, {'aria-labelledby', id .. '-tab'}, {'tabindex', '0'}}
    local name = Blocks{raw('<p class="tab-name" aria-hidden="true">'), tab.title, raw('</p>')}
    local classes = i == active and {'tab-pane', 'active'} or {'tab-pane'}
    panes:insert(pandoc.Div(name .. tab.blocks, pandoc.Attr(id, classes, attributes)))
  end
  div.content = list .. {raw('</ul>'), pandoc.Div(panes, {class = 'tab-content'})}
  return div
end

local number_pass

-- A div with the label of a figure, table or listing, or with a caption: `kind` says which.
local function float(div, kind)
  local content, caption = div.content, inlines(take(div, kind .. '-cap'))
  if not caption and #content > 1 and content[#content].t == 'Para' then
    caption = content[#content].content
    content:remove()
  end
  local labelled = kind_of(div.identifier) == kind
  local id = labelled and div.identifier or ''
  local text = caption_of(id, caption)
  local outer = parent
  if labelled then parent = {kind = kind, number = refs[id].number, subs = 0} end
  content = content:walk(number_pass)
  parent = outer
  if div.attributes['layout-ncol'] or div.attributes.layout then
    local function left(c) return {c[1] == 'AlignDefault' and 'AlignLeft' or c[1], c[2]} end
    content = content:walk{Table = function(t) t.colspecs = t.colspecs:map(left); return t end}
  end
  local only = #content == 1 and content[1]
  while only and only.t == 'Div' and #only.content == 1 do only = only.content[1] end
  if only and only.t == 'Table' and #only.caption.long == 0 then
    only.identifier, only.caption.long = id, {pandoc.Plain(text)}
    return only
  end
  if only and only.t == 'Para' and #only.content == 1 and only.content[1].t == 'Image' then
    content = {pandoc.Plain(only.content)}
  end
  local inner = {}
  for name, value in pairs(div.attributes) do
    inner[name] = name:match('^layout') and value or nil
  end
  div.classes:insert('quarto-float-' .. kind)
  content = next(inner) and {pandoc.Div(content, inner)} or content
  return figure(content, text, {id = id, class = table.concat(div.classes, ' ')})
end

local function code(el)
  for _, name in ipairs{'filename', 'lst-cap', 'code-fold'} do
    if take(el, name) then warn(name, 'not supported on a block that is no cell: ' .. name) end
  end
  el.classes = el.classes:filter(function(c) return c ~= 'numberLines' end)
  return el
end

local function section_number(header)
  if header.classes:includes('unnumbered') then return nil end
  local depth = header.level - base + 1
  for i = #section + 1, depth do section[i] = 0 end
  section[depth] = section[depth] + 1
  for i = #section, depth + 1, -1 do section[i] = nil end
  local text = table.concat(section, '.')
  local id = header.identifier
  if kind_of(id) == 'sec' then refs[id] = {kind = 'sec', number = text} end
  if header.level <= options.numbered then
    local span = pandoc.Span(text, {class = 'header-section-number'})
    header.content = Inlines{span, pandoc.Space()} .. header.content
  end
  return header
end

local function caption_number(el)
  if el.identifier == '' then return nil end
  el.caption.long = {pandoc.Plain(caption_of(el.identifier, flat(el.caption.long)))}
  return el
end

-- `$$..$$ {#eq-x}`: the number goes into the formula
local function equation(list)
  local last = list[#list]
  local id, at = last and last.t == 'Str' and last.text:match('^{#(eq%-[^}]+)}$'), #list - 1
  while id and at > 0 and (list[at].t == 'Space' or list[at].t == 'SoftBreak') do at = at - 1 end
  if not id or at == 0 or list[at].mathtype ~= 'DisplayMath' then return nil end
  number(id)
  list[at].text = list[at].text .. '\\qquad(' .. refs[id].number .. ')'
  list[at] = pandoc.Span({list[at]}, {id = id})
  for _ = at + 1, #list do list:remove() end
  return pandoc.Para(list)
end

-- a linked image with a caption, and a labelled image without one, are figures
local function image_alone(el)
  local list = el.content
  local linked = #list == 1 and list[1].t == 'Link' and #list[1].content == 1
  local image = linked and list[1].content[1] or #list == 1 and list[1]
  if not image or image.t ~= 'Image' then return equation(list) end
  local caption = inlines(take(image, 'fig-cap'))
    or linked and #image.caption > 0 and image.caption
  if not caption and kind_of(image.identifier) ~= 'fig' then return nil end
  local id = image.identifier
  image.identifier = ''
  local content = {pandoc.Plain{linked and list[1] or image}}
  return figure(content, caption_of(id, caption), {id = id}), false
end

number_pass = {
  traverse = 'topdown',
  Header = section_number, Para = image_alone, CodeBlock = code,
  Div = function(div)
    for _, class in ipairs(div.classes) do
      local kind = class:match('^callout%-(%a+)$')
      if callouts[kind] then return callout(div, kind) end
      if kind and kind ~= 'title' and kind ~= 'body' then
        warn('.' .. class, 'unknown kind of callout: ' .. kind)
      end
      if class == 'panel-tabset' then return tabset(div) end
    end
    for _, kind in ipairs{'fig', 'tbl', 'lst'} do
      if kind_of(div.identifier) == kind or div.attributes[kind .. '-cap'] then
        return float(div, kind), false
      end
    end
    local unknown = kind_of(div.identifier) and div.identifier
      or div.classes:find_if(function(c) return unsupported:includes(c) end)
    if unknown then warn(unknown, 'not supported, shown as a plain block: ' .. unknown) end
  end,
  Figure = function(el) return caption_number(el), false end,
  Table = function(el) take(el, 'tbl-colwidths'); return caption_number(el) end,
}

-- 3. layouts, references, images, tables ------------------------------------------------------

-- The widths of each row: `layout` gives lists of numbers above 0, `layout-ncol` equal ones.
local function rows_of(div)
  local spec, equal = take(div, 'layout'), {}
  for i = 1, tonumber(take(div, 'layout-ncol')) or 0 do equal[i] = 1 end
  if not spec then return equal[1] and {equal} end
  local text = spec:match('^%[%s*%[') and spec or '[' .. spec .. ']'
  local plain = text:match('^[%[%]%d%s.,]+$') and not text:match('%[%s*%]')
  local good, rows = pcall(pandoc.json.decode, text, false)
  if plain and good and type(rows[1]) == 'table' then return rows end
  warn(spec, 'a layout that is no list of widths: ' .. spec)
end

local function layout(div)
  local rows, cells, out, used = rows_of(div), {}, Blocks{}, 0
  if not rows then return nil end
  for i, block in ipairs(div.content) do -- a heading belongs to what follows it
    if i > 1 and div.content[i - 1].t == 'Header' then cells[#cells]:insert(block)
    else cells[#cells + 1] = Blocks{block} end
  end
  while used < #cells do
    local widths, total, line = rows[math.min(#out + 1, #rows)], 0, Blocks{}
    for _, width in ipairs(widths) do total = total + width end
    for _, width in ipairs(widths) do
      used = used + 1
      local style = ('flex-basis: %.1f%%;'):format(100 * width / total)
      local cell = {class = 'quarto-layout-cell', style = style}
      if cells[used] then line:insert(pandoc.Div(cells[used], cell)) end
    end
    out:insert(pandoc.Div(line, {class = 'quarto-layout-row'}))
  end
  div.classes:insert('quarto-layout-panel')
  div.content = out
  return div
end

-- Citations are not looked up: they show their keys, as Quarto does with those that it cannot find.
local function citation(cite)
  local out = Inlines{pandoc.Str('(')}
  for i, item in ipairs(cite.citations) do
    warn('@' .. item.id, 'citations are not supported: ' .. item.id)
    if i > 1 then out:extend{pandoc.Str(';'), pandoc.Space()} end
    out:extend(item.prefix)
    if #item.prefix > 0 then out:insert(pandoc.Space()) end
    out:insert(pandoc.Strong{pandoc.Str(item.id .. '?')})
    out:extend(item.suffix)
  end
  out:insert(pandoc.Str(')'))
  return out
end

local function reference(cite)
  local out = Inlines{}
  for i, item in ipairs(cite.citations) do
    local id, bare = item.id:gsub('^%u', string.lower), item.mode == 'SuppressAuthor'
    if not kind_of(id) then return citation(cite) end
    if i > 1 then out:extend{pandoc.Str(','), pandoc.Space()} end
    if refs[id] then
      local prefix = options.crossref[refs[id].kind .. '-prefix'] or names[refs[id].kind]
      if id ~= item.id then prefix = prefix:gsub('^%l', string.upper) end
      local text = #item.prefix > 0 and item.prefix or Inlines(bare and {} or {pandoc.Str(prefix)})
      if #text > 0 then text:insert(pandoc.Str('\u{a0}')) end
      text:insert(pandoc.Str(refs[id].number))
      out:insert(pandoc.Link(text, '#' .. id, '', {class = 'quarto-xref'}))
    else
      warn('@' .. item.id, 'nothing is labelled ' .. id)
      out:insert(pandoc.Strong{pandoc.Str('?@' .. item.id)})
    end
    out:extend(item.suffix)
  end
  return out
end

local last_pass = {
  Cite = reference,
  Image = function(el)
    el.attributes.alt = take(el, 'fig-alt') or el.attributes.alt
    for _, name in ipairs{'align', 'pos', 'env', 'scap'} do take(el, 'fig-' .. name) end
    return el.classes:includes('lightbox') and pandoc.Link({el}, el.src, 'The image alone') or el
  end,
  -- the caption is read out with the figure, an image without a text of its own does not repeat it
  Figure = function(el)
    el.content = el.content:walk{Image = function(image)
      if (image.attributes.alt or '') ~= '' then return nil end
      warn(image.src, 'a figure without alternative text (fig-alt): ' .. image.src)
      image.attributes.alt = ''
      return image
    end}
    return el
  end,
  -- a wide table scrolls in a box of its own
  Table = function(el)
    tables = tables + 1
    local label = ('Table %d of this page'):format(tables)
    local attributes = {{'tabindex', '0'}, {'aria-label', label}} -- pairs keep their order
    return pandoc.Div({el}, pandoc.Attr('', {'section', 'scroll'}, attributes))
  end,
  Div = function(div)
    local only = #div.content == 1 and div.content[1]
    local class = #div.classes == 1 and div.classes[1]
    if only and only.t == 'Figure' and class and class:match('^column%-[^m]') then
      only.classes:insert(class)
      return only
    end
    return layout(div)
  end,
}

-- The page ------------------------------------------------------------------------------------

-- Headings of the page and of its outputs were read apart, so that identifiers may come twice.
local function headings(blocks)
  local seen = {}
  return blocks:walk{Header = function(el)
    base = math.min(base, el.level)
    local id, copy = el.identifier, 0
    while seen[el.identifier] do copy = copy + 1; el.identifier = id .. '-' .. copy end
    seen[el.identifier] = true
    return el
  end}
end

local function write(blocks)
  local settings = {html_math_method = 'mathml', section_divs = true, wrap_text = 'wrap-none'}
  return (pandoc.write(pandoc.Pandoc(blocks), 'html5', pandoc.WriterOptions(settings)))
end

local function contents(blocks)
  -- headings inside other things are not in the contents list
  local top = blocks:filter(function(b) return b.t == 'Header' end)
  local list = pandoc.structure.table_of_contents(top, {toc_depth = options.toc_depth})
  return #list.content > 0 and write{list} or ''
end

-- Request: text, outputs (whose numbers stand in its code blocks), texts (by name), notes, flags
-- (names to true), numbered, crossref, toc_depth.
-- Answer: body, toc, texts (name to HTML), plain (name to text), warnings (message, line, needle).
local function convert(request)
  options, warnings, counts, refs, tabsets, tables = request, {}, {}, {}, 0, 0
  parent, section, base = nil, {}, 6
  local answer = {texts = {}, plain = {}}
  for name, text in pairs(request.texts) do
    local blocks = read(text)
    if #blocks == 1 and name ~= 'abstract' then blocks = {pandoc.Plain(flat(blocks))} end
    answer.texts[name], answer.plain[name] = write(blocks), stringify(blocks)
  end
  local blocks = headings(read(request.text, true):walk(first_pass))
  blocks = blocks:walk(number_pass):walk(last_pass)
  answer.toc, answer.body = contents(blocks), write(blocks)
  answer.warnings = pandoc.List(warnings)
  return answer
end

for line in io.stdin:lines() do
  local good, answer = pcall(convert, pandoc.json.decode(line, false))
  io.stdout:write(pandoc.json.encode(good and answer or {error = tostring(answer)}), '\n')
  io.stdout:flush()
end
