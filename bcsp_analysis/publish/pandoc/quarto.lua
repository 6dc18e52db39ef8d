-- Quarto's Markdown on top of pandoc's reader. First what is there at all (outputs, conditions), then from
-- the top down callouts, tabsets, captions and numbers, last layouts, references and images.
-- Options come in the metadata field `engine`; warnings go to standard error as `@warn`, needle, message.
local stringify, Blocks, Inlines = pandoc.utils.stringify, pandoc.Blocks, pandoc.Inlines
local options = {crossref = {}, flags = {}}

local function warn(needle, message) io.stderr:write('@warn\t', needle, '\t', message, '\n') end
local function raw(text, ...) return pandoc.RawBlock('html', text:format(...)) end
local function read(text) return pandoc.read(text, 'markdown').blocks end
local function inlines(text) return text and pandoc.utils.blocks_to_inlines(read(text)) end
local function take(el, name) local v = el.attributes[name]; el.attributes[name] = nil; return v end
local function without(el, class) return el.classes:filter(function(c) return c ~= class end) end
local entities = {['&'] = '&amp;', ['<'] = '&lt;', ['>'] = '&gt;', ['"'] = '&quot;'}
local function escape(text) return (text:gsub('[&<>"]', entities)) end

-- 1. outputs, conditions, stray HTML ------------------------------------------------------------------

local first_pass

local function condition(el)
  local visible = el.classes:includes('content-visible')
  if not visible and not el.classes:includes('content-hidden') then return nil end
  local holds = true
  local function test(name, fact)
    local value, unless = take(el, 'when-' .. name), take(el, 'unless-' .. name)
    holds = holds and not (value and not fact(value)) and not (unless and fact(unless))
  end
  test('format', function(v) return v:match('^html') end)
  test('meta', function(v) return options.flags[v] end)
  test('profile', function() return false end)
  return holds == visible and el.content or {}
end

-- `<script>` and its like in running text, which would swallow what follows
local verbatim = {script = true, style = true, textarea = true, title = true, iframe = true, xmp = true}
local function unclosed(el)
  local tag = el.format == 'html' and (el.text:match('^%s*<(%a+)') or ''):lower()
  return tag and verbatim[tag] and not el.text:lower():find('</' .. tag, 1, true)
end

local function output(el)
  local kind = el.classes[1] and el.classes[1]:match('^output%-(%a+)$')
  if not kind then return nil end
  local content = Blocks{pandoc.CodeBlock(el.text)}
  if kind == 'html' then content = Blocks{raw('%s', el.text:gsub('<style scoped>.-</style>', ''))}
  elseif ('markdown latex asis'):find(kind) then content = read(el.text):walk(first_pass) end
  if kind == 'asis' then return content end
  return pandoc.Div(content, {class = 'cell-output cell-output-' .. kind})
end

first_pass = {
  RawBlock = function(el) return unclosed(el) and pandoc.Para{pandoc.Str(el.text)} or nil end,
  RawInline = function(el) return unclosed(el) and pandoc.Str(el.text) or nil end,
  Inlines = function(list)
    for i, el in ipairs(list) do
      if el.t == 'Str' and el.text:match('^:::+$') then
        local after = list[i + 2] and list[i + 2].t == 'Str' and ' ' .. list[i + 2].text or ''
        warn(el.text .. after, 'the text ::: is shown as it is')
      end
    end
  end,
  CodeBlock = output, Div = condition, Span = condition,
}

-- 2. callouts, tabsets, captions, numbers ----------------------------------------------------------------

local callouts = {note = 'Note', tip = 'Tip', warning = 'Warning', important = 'Important', caution = 'Caution'}
local names = {fig = 'Figure', tbl = 'Table', lst = 'Listing', eq = 'Equation', sec = 'Section', nte = 'Note',
  tip = 'Tip', wrn = 'Warning', imp = 'Important', cau = 'Caution', thm = 'Theorem'}
local unsupported = {['list-table'] = true, proof = true, ['panel-input'] = true, ['panel-sidebar'] = true}
local counts, refs, uses, parent = {}, {}, {}, nil

local function kind_of(id) local kind = id:match('^(%l+)%-'); return names[kind] and kind end

-- The next number for an identifier: its label, what follows the label, and the identifier for the page.
local function number(id)
  local kind = kind_of(id)
  uses[id] = (uses[id] or 1) - 1
  local unique = uses[id] > 0 and id .. '-' .. uses[id] or id
  if parent and parent.kind == kind then
    parent.subs = parent.subs + 1
    local sub = ('(%s)'):format(string.char(96 + parent.subs))
    refs[id] = {kind = kind, number = parent.number .. '\u{a0}' .. sub}
    return sub, '', unique
  end
  counts[kind] = (counts[kind] or 0) + 1
  refs[id] = {kind = kind, number = tostring(counts[kind])}
  local title = options.crossref[kind .. '-title'] or names[kind]
  return title .. '\u{a0}' .. counts[kind], options.crossref['title-delim'] or ':', unique
end

-- A caption with the number of `id` before it, and the identifier for the page.
local function caption_of(id, caption)
  caption = Inlines(caption or {})
  if not kind_of(id) then return caption, id end
  local label, delimiter, unique = number(id)
  if #caption == 0 then return Inlines{pandoc.Str(label)}, unique end
  return Inlines{pandoc.Str(label .. delimiter), pandoc.Space()} .. caption, unique
end

local function figure(content, caption, attr)
  return pandoc.Figure(content, {long = #caption > 0 and {pandoc.Plain(caption)} or {}}, attr)
end

local function callout(div, kind)
  local look, collapse, icon = take(div, 'appearance') or 'default', take(div, 'collapse'), take(div, 'icon')
  local content, title = div.content, inlines(take(div, 'title'))
  if not title and content[1] and content[1].t == 'Header' then
    title = content[1].content
    content:remove(1)
  end
  local typed = title ~= nil or kind_of(div.identifier)
  if kind_of(div.identifier) then title = caption_of(div.identifier, title)
  elseif title then title = Inlines{pandoc.Span(callouts[kind] .. ': ', {class = 'visually-hidden'})} .. title
  elseif look == 'default' or collapse then title = Inlines(callouts[kind]) end
  div.classes:insert(1, 'callout')
  if look ~= 'default' then div.classes:insert('callout-style-simple') end
  if look == 'minimal' or icon == 'false' then div.classes:insert('no-icon') end
  local body = pandoc.Div(content, {class = 'callout-body'})
  if collapse then
    local id = div.identifier ~= '' and (' id="%s"'):format(escape(div.identifier)) or ''
    local open = raw('<details class="%s"%s%s><summary class="callout-title">',
      escape(table.concat(div.classes, ' ')), id, collapse == 'false' and ' open' or '')
    return Blocks{open, pandoc.Plain(title), raw('</summary>'), body, raw('</details>')}
  end
  div.content = title and {pandoc.Div({pandoc.Plain(title)}, {class = 'callout-title'}), body} or {body}
  return div
end

local tabsets = 0
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
    warn(stringify(div):sub(1, 30), 'a tabset without headings has no tabs: its content is left out, as Quarto does')
    return {}
  end
  tabsets = tabsets + 1
  local list, panes = Blocks{raw('<ul class="tabs" role="tablist">')}, Blocks{}
  for i, tab in ipairs(tabs) do
    local id = ('tabset-%d-%d'):format(tabsets, i)
    local state = i == active and 'aria-selected="true"' or 'aria-selected="false" tabindex="-1"'
    local open = '<li role="presentation"><button type="button" role="tab" id="%s-tab" aria-controls="%s" %s>'
    list:extend{raw(open, id, id, state), tab.title, raw('</button></li>')}
    local pane = '<div class="tab-pane%s" role="tabpanel" id="%s" aria-labelledby="%s-tab" tabindex="0">'
    panes:extend{raw(pane, i == active and ' active' or '', id, id)}
    panes:extend{raw('<p class="tab-name" aria-hidden="true">'), tab.title, raw('</p>')}
    panes = panes .. tab.blocks .. {raw('</div>')}
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
  local text, id = caption_of(labelled and div.identifier or '', caption)
  local outer = parent
  if labelled then parent = {kind = kind, number = refs[div.identifier].number, subs = 0} end
  content = content:walk(number_pass)
  parent = outer
  if div.attributes['layout-ncol'] or div.attributes.layout then
    content = content:walk{Table = function(t)
      t.colspecs = t.colspecs:map(function(c) return {c[1] == 'AlignDefault' and 'AlignLeft' or c[1], c[2]} end)
      return t
    end}
  end
  local only = #content == 1 and content[1]
  if only and only.t == 'Div' and only.classes:includes('cell-output') and #only.content == 1 then
    only = only.content[1]
  end
  if only and only.t == 'Table' and #only.caption.long == 0 then
    only.identifier, only.caption.long = id, {pandoc.Plain(text)}
    return only
  end
  if only and only.t == 'Para' and #only.content == 1 and only.content[1].t == 'Image' then
    content = {pandoc.Plain(only.content)}
  end
  local inner = {}
  for name, value in pairs(div.attributes) do inner[name] = name:match('^layout') and value or nil end
  div.classes:insert('quarto-float-' .. kind)
  content = next(inner) and {pandoc.Div(content, inner)} or content
  return figure(content, text, {id = id, class = table.concat(div.classes, ' ')})
end

local function code(el)
  local caption, file, fold = inlines(take(el, 'lst-cap')), take(el, 'filename'), take(el, 'fold')
  local summary, id, out = inlines(take(el, 'summary')), el.identifier, Blocks{}
  if kind_of(id) == 'lst' or caption then el.identifier = '' end
  out:insert(el)
  if fold then
    local open = raw('<details class="code-fold"%s><summary>', fold == 'open' and ' open' or '')
    out = Blocks{open, pandoc.Plain(summary), raw('</summary>'), el, raw('</details>')}
  end
  if file then
    out:insert(1, pandoc.Div({pandoc.Plain{pandoc.Code(file)}}, {class = 'code-with-filename-file'}))
    out = Blocks{pandoc.Div(out, {class = 'code-with-filename'})}
  end
  if kind_of(id) ~= 'lst' and not caption then return out, false end
  local text, unique = caption_of(id, caption)
  return figure(out, text, {id = unique, class = 'listing'}), false
end

local section, base = {}, 6
local function section_number(header)
  if header.classes:includes('unnumbered') then return nil end
  local depth = header.level - base + 1
  for i = #section + 1, depth do section[i] = 0 end
  section[depth] = section[depth] + 1
  for i = #section, depth + 1, -1 do section[i] = nil end
  local text = table.concat(section, '.')
  if kind_of(header.identifier) == 'sec' then refs[header.identifier] = {kind = 'sec', number = text} end
  if header.level <= options.numbered then
    local span = pandoc.Span(text, {class = 'header-section-number'})
    header.content = Inlines{span, pandoc.Space()} .. header.content
  end
  return header
end

local function caption_number(el)
  if el.identifier == '' then return nil end
  local text, id = caption_of(el.identifier, pandoc.utils.blocks_to_inlines(el.caption.long))
  el.identifier, el.caption.long = id, {pandoc.Plain(text)}
  return el
end

number_pass = {
  traverse = 'topdown',
  Header = section_number,
  Div = function(div)
    for _, class in ipairs(div.classes) do
      local kind = class:match('^callout%-(%a+)$')
      if callouts[kind] then return callout(div, kind) end
      if kind and kind ~= 'title' and kind ~= 'body' then warn('.' .. class, 'unknown kind of callout: ' .. kind) end
      if class == 'panel-tabset' then return tabset(div) end
    end
    for _, kind in ipairs{'fig', 'tbl', 'lst'} do
      if kind_of(div.identifier) == kind or div.attributes[kind .. '-cap'] then return float(div, kind), false end
    end
    local unknown = kind_of(div.identifier) and div.identifier
      or div.classes:find_if(function(c) return unsupported[c] end)
    if unknown then warn(unknown, 'shown as a plain block, as this is not supported: ' .. unknown) end
  end,
  Figure = function(el) return caption_number(el), false end,
  Table = function(el) take(el, 'tbl-colwidths'); return caption_number(el) end,
  CodeBlock = code,
  -- a linked image with a caption, and a labelled image without one, are figures
  Para = function(el)
    local link = #el.content == 1 and el.content[1]
    local linked = link and link.t == 'Link' and #link.content == 1
    local image = linked and link.content[1] or link
    if not image or image.t ~= 'Image' then return nil end
    local caption = inlines(take(image, 'fig-cap')) or linked and #image.caption > 0 and image.caption
    if not caption and kind_of(image.identifier) ~= 'fig' then return nil end
    local text, id = caption_of(image.identifier, caption or {})
    image.identifier = ''
    return figure({pandoc.Plain{link}}, text, {id = id}), false
  end,
  -- `$$..$$ {#eq-x}`: the number goes into the formula
  Inlines = function(list)
    local i = 1
    while i < #list do
      local at = (list[i + 1].t == 'Space' or list[i + 1].t == 'SoftBreak') and i + 2 or i + 1
      local mark = list[i].mathtype == 'DisplayMath' and list[at] and list[at].t == 'Str' and list[at].text
      local id = mark and mark:match('^{#(eq%-[^}]+)}$')
      if id then
        number(id)
        list[i].text = list[i].text .. '\\qquad(' .. refs[id].number .. ')'
        list[i] = pandoc.Span({list[i]}, {id = id})
        for _ = i + 1, at do list:remove(i + 1) end
      end
      i = i + 1
    end
    return list
  end,
}

-- 3. layouts, references, images ---------------------------------------------------------------------

-- The things in a layout: images of one paragraph are several, a heading belongs to what follows it.
local function cells_of(div)
  local cells, header = {}, false
  for _, block in ipairs(div.content) do
    local function solid(x) return x.t ~= 'Space' and x.t ~= 'SoftBreak' end
    local images = block.t == 'Para' and block.content:filter(solid) or {}
    if #images > 1 and not images:find_if(function(x) return x.t ~= 'Image' end) then
      for _, image in ipairs(images) do
        local content = {pandoc.Plain{image}}
        cells[#cells + 1] = Blocks{#image.caption > 0 and figure(content, image.caption) or content[1]}
      end
    elseif header then cells[#cells]:insert(block)
    else cells[#cells + 1] = Blocks{block} end
    header = block.t == 'Header'
  end
  return cells
end

local function layout(div)
  local spec, ncol, nrow = take(div, 'layout'), tonumber(take(div, 'layout-ncol')), tonumber(take(div, 'layout-nrow'))
  if not (spec or ncol or nrow) then return nil end
  local cells, out, used = cells_of(div), Blocks{}, 0
  ncol = math.max(1, ncol or nrow and math.ceil(#cells / math.max(1, nrow)) or 1)
  spec = spec and (spec:match('^%[%s*%[') and spec or '[' .. spec .. ']') or 'null'
  local _, rows = pcall(pandoc.json.decode, spec, false)
  if type(rows) ~= 'table' or not rows[1] or type(rows[1]) ~= 'table' then rows = nil end
  while used < #cells do
    local widths, total, line = rows and rows[math.min(#out + 1, #rows)] or {}, rows and 0 or ncol, Blocks{}
    for i = 1, rows and 0 or math.min(ncol, #cells - used) do widths[i] = 1 end
    for _, width in ipairs(rows and widths or {}) do total = total + math.abs(width) end
    local before = used
    for _, width in ipairs(widths) do
      used = width > 0 and used + 1 or used
      line:insert(pandoc.Div(width > 0 and cells[used] or {}, {class = 'quarto-layout-cell',
        style = ('flex-basis: %.1f%%;'):format(100 * math.abs(width) / total)}))
    end
    if used == before then rows = nil else out:insert(pandoc.Div(line, {class = 'quarto-layout-row'})) end
  end
  div.classes:insert('quarto-layout-panel')
  div.content = out
  return div
end

local function reference(cite)
  local out = Inlines{}
  for i, item in ipairs(cite.citations) do
    local id, bare = item.id:gsub('^%u', string.lower), item.mode == 'SuppressAuthor'
    if not kind_of(id) then return nil end
    if i > 1 then out:extend{pandoc.Str(','), pandoc.Space()} end
    if refs[id] then
      local prefix = options.crossref[refs[id].kind .. '-prefix'] or names[refs[id].kind]
      if id ~= item.id then prefix = prefix:gsub('^%l', string.upper) end
      local text = #item.prefix > 0 and item.prefix or bare and Inlines{} or Inlines{pandoc.Str(prefix)}
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
    for name in pairs(el.attributes) do if name:match('^fig%-') then el.attributes[name] = nil end end
    if not el.classes:includes('lightbox') then return el end
    return pandoc.Link({el}, el.src, 'The image alone', {class = 'lightbox'})
  end,
  -- the caption is read out with the figure, so an image without a text of its own does not repeat it
  Figure = function(el)
    local margin = false
    el.content = el.content:walk{Image = function(image)
      if (image.attributes.alt or '') == '' then
        warn(image.src, 'a figure without alternative text (fig-alt): ' .. image.src)
        image.attributes.alt = ''
      end
      margin = margin or image.classes:includes('column-margin')
      image.classes = without(image, 'column-margin')
      return image
    end}
    return margin and pandoc.Div({pandoc.Div{el}}, {class = 'column-margin'}) or el
  end,
  Para = function(el)
    local asides = Blocks{}
    el.content = el.content:walk{Span = function(span)
      if not span.classes:includes('aside') then return nil end
      asides:insert(pandoc.Div({pandoc.Plain(span.content)}, {class = 'column-margin'}))
      return {}
    end}
    return #asides > 0 and Blocks{el} .. asides or nil
  end,
  Div = function(div)
    local only = #div.content == 1 and div.content[1]
    if div.classes:includes('aside') then div.classes = without(div, 'aside') .. {'column-margin'} end
    if only and only.t == 'Figure' and #div.classes == 1 and div.classes[1]:match('^column%-[^m]') then
      only.classes:insert(div.classes[1])
      return only
    end
    -- headings inside other things are not in the contents list
    div.content = div.content:walk{Header = function(h) h.classes:insert('unlisted'); return h end}
    return layout(div) or div
  end,
}

function Pandoc(doc)
  local engine, seen = doc.meta.engine, {}
  options.numbered = tonumber(stringify(engine.numbered))
  for key, value in pairs(engine.crossref or {}) do options.crossref[key] = stringify(value) end
  for _, flag in ipairs(engine.flags or {}) do options.flags[stringify(flag)] = true end
  doc = doc:walk(first_pass)
  local function count(el)
    local id = el.identifier
    if kind_of(id) then uses[id] = (uses[id] or 0) + 1 end
    if uses[id] == 2 then warn(id, 'the label ' .. id .. ' is used more than once; references mean the last') end
  end
  doc = doc:walk{Div = count, Figure = count, Table = count, CodeBlock = count, Image = count, Header = function(el)
    base = math.min(base, el.level)
    local id, copy = el.identifier, 0
    while seen[el.identifier] do copy = copy + 1; el.identifier = id .. '-' .. copy end
    seen[el.identifier] = true
    return el
  end}
  doc = doc:walk(number_pass):walk(last_pass)
  local cites, placed = false, false
  doc:walk{Cite = function() cites = true end, Div = function(d) placed = placed or d.identifier == 'refs' end}
  if doc.meta.bibliography and cites then
    doc = pandoc.utils.citeproc(doc)
    local last = doc.blocks[#doc.blocks]
    if not placed and last and last.identifier == 'refs' then
      local heading = pandoc.Header(2, 'References', {id = 'references-heading', class = 'unlisted'})
      local parts = {raw('<section>'), heading, last, raw('</section>')}
      doc.blocks[#doc.blocks] = pandoc.Div(parts, {class = 'appendix'})
    end
  end
  doc.meta.plain_title = doc.meta.title and stringify(doc.meta.title)
  doc.meta.plain_description = doc.meta.description and stringify(doc.meta.description)
  return doc
end
