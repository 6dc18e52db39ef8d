// Search, tabs, menus, footnotes. Pages can be read without it.
(function () {
  "use strict";

  // Search: the index is a script, so that it loads from a disk too; it is fetched when the box is first used.
  var form = document.querySelector("form[role=search]");
  if (form) {
    var box = form.querySelector("input");
    var panel = document.getElementById("search-results");
    var status = document.getElementById("search-status");
    var list = panel.querySelector("ul");
    var load = function () {
      if (form.dataset.loaded) return;
      form.dataset.loaded = "yes";
      var script = document.createElement("script");
      script.src = form.dataset.root + "search-index.js";
      script.onload = search;
      document.head.appendChild(script);
    };
    var fold = function (text) { return text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase(); };
    var score = function (entry, words) {
      var total = 0;
      for (var word of words) {
        var place = [entry.title, entry.heading, entry.text].findIndex(function (t) { return t.includes(word); });
        if (place < 0) return 0;
        total += [8, 5, 1][place];
      }
      return total;
    };
    var entries = null;
    var search = function () {
      var words = fold(box.value).split(/\s+/).filter(Boolean);
      list.replaceChildren();
      panel.hidden = !words.length;
      if (!words.length || !window.searchIndex) return;
      entries = entries || window.searchIndex.map(function (e) {
        return { row: e, title: fold(e[1]), heading: fold(e[2]), text: fold(e[3]) };
      });
      var found = entries.map(function (e) { return { e: e, score: score(e, words) }; })
        .filter(function (f) { return f.score; })
        .sort(function (a, b) { return b.score - a.score; });
      found.slice(0, 20).forEach(function (f) {
        var row = f.e.row, item = document.createElement("li"), link = document.createElement("a"), text = document.createElement("small");
        link.href = form.dataset.root + row[0];
        link.textContent = row[2] && row[2] !== row[1] ? row[1] + ": " + row[2] : row[1];
        var at = Math.max(0, f.e.text.indexOf(words[0]) - 40);
        text.textContent = (at ? "\u2026" : "") + row[3].slice(at, at + 140) + (row[3].length > at + 140 ? "\u2026" : "");
        item.append(link, text);
        list.append(item);
      });
      status.textContent = found.length ? found.length + (found.length === 1 ? " result" : " results") : "Nothing found";
    };
    box.addEventListener("focus", load);
    box.addEventListener("input", search);
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      var first = list.querySelector("a");
      if (first) first.click();
    });
    form.addEventListener("keydown", function (event) {
      if (event.key === "Escape") { panel.hidden = true; box.focus(); return; }
      var step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step || panel.hidden) return;
      event.preventDefault();
      var stops = [box].concat(Array.from(list.querySelectorAll("a")));
      var next = stops[stops.indexOf(document.activeElement) + step];
      if (next) next.focus();
    });
    document.addEventListener("click", function (event) { if (!form.contains(event.target)) panel.hidden = true; });
  }

  // Tabs: arrow keys, Home and End; sets of the same group move together.
  var select = function (tab, move) {
    var tabs = Array.from(tab.closest("[role=tablist]").querySelectorAll("[role=tab]"));
    tabs.forEach(function (other) {
      var on = other === tab;
      other.setAttribute("aria-selected", on);
      other.tabIndex = on ? 0 : -1;
      document.getElementById(other.getAttribute("aria-controls")).classList.toggle("active", on);
    });
    if (move) tab.focus();
  };
  document.querySelectorAll("[role=tab]").forEach(function (tab) {
    var set = tab.closest(".panel-tabset");
    var choose = function (target, move) {
      select(target, move);
      if (!set.dataset.group) return;
      document.querySelectorAll(".panel-tabset[data-group]").forEach(function (other) {
        if (other === set || other.dataset.group !== set.dataset.group) return;
        other.querySelectorAll(":scope > .tabs [role=tab]").forEach(function (t) {
          if (t.textContent.trim() === target.textContent.trim()) select(t, false);
        });
      });
    };
    tab.addEventListener("click", function () { choose(tab, false); });
    tab.addEventListener("keydown", function (event) {
      var tabs = Array.from(tab.closest("[role=tablist]").querySelectorAll("[role=tab]"));
      var at = tabs.indexOf(tab);
      var next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
      if (next === undefined) return;
      event.preventDefault();
      choose(tabs[(next + tabs.length) % tabs.length], true);
    });
  });

  // A link into a closed tab or box opens it.
  var reveal = function () {
    var target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (var el = target; el; el = el.parentElement) {
      if (el.matches("[role=tabpanel]")) select(document.getElementById(el.getAttribute("aria-labelledby")), false);
      if (el.tagName === "DETAILS") el.open = true;
    }
    target.scrollIntoView();
  };
  window.addEventListener("hashchange", reveal);
  reveal();

  // Menus: one open at a time, Escape closes.
  var toggle = document.querySelector(".navbar-toggle");
  toggle.addEventListener("click", function () {
    toggle.setAttribute("aria-expanded", toggle.getAttribute("aria-expanded") === "false");
  });
  var menus = Array.from(document.querySelectorAll(".navbar details"));
  document.addEventListener("click", function (event) {
    menus.forEach(function (menu) { if (!menu.contains(event.target)) menu.open = false; });
  });
  menus.forEach(function (menu) {
    menu.addEventListener("keydown", function (event) {
      if (event.key !== "Escape" || !menu.open) return;
      menu.open = false;
      menu.querySelector("summary").focus();
    });
    menu.addEventListener("focusout", function (event) {
      if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
    });
  });

  // Boxes that need no scrolling need no stop for the keyboard.
  var measure = function () {
    document.querySelectorAll(".scroll, main pre, math[display=block]").forEach(function (el) {
      var wide = el.scrollWidth > el.clientWidth + 1;
      if (wide) el.tabIndex = 0;
      else el.removeAttribute("tabindex");
      if (el.tagName !== "PRE") return;
      if (wide) { el.setAttribute("role", "group"); el.setAttribute("aria-label", "Code"); }
      else { el.removeAttribute("role"); el.removeAttribute("aria-label"); }
    });
  };
  measure();
  window.addEventListener("resize", measure);
  document.addEventListener("click", function () { setTimeout(measure, 50); });

  // Footnotes: their text beside the mark, on hover, focus or tap. It can be pointed at, Escape
  // closes it; the link still leads to the note, on a touch screen by the link in it.
  var noteBox = null, shownFor = null, closing = 0, touched = false;
  var closeNote = function () {
    clearTimeout(closing);
    if (!noteBox) return;
    noteBox.remove();
    shownFor.removeAttribute("aria-describedby");
    noteBox = shownFor = null;
  };
  var closeSoon = function () { clearTimeout(closing); closing = setTimeout(closeNote, 200); };
  var openNote = function (mark) {
    clearTimeout(closing);
    if (shownFor === mark) return;
    closeNote();
    var note = document.getElementById(mark.getAttribute("href").slice(1));
    if (!note) return;
    noteBox = document.createElement("div");
    noteBox.className = "note-box";
    noteBox.id = "note-box";
    noteBox.setAttribute("role", "tooltip");
    Array.from(note.childNodes).forEach(function (node) { noteBox.append(node.cloneNode(true)); });
    noteBox.querySelectorAll(".footnote-back").forEach(function (back) { back.remove(); });
    noteBox.querySelectorAll("[id]").forEach(function (el) { el.removeAttribute("id"); });
    if (touched) {
      var more = document.createElement("a");
      more.href = mark.getAttribute("href");
      more.textContent = "Go to note " + mark.textContent;
      noteBox.append(more);
    }
    noteBox.addEventListener("mouseenter", function () { clearTimeout(closing); });
    noteBox.addEventListener("mouseleave", closeSoon);
    document.querySelector("main").append(noteBox);
    var at = mark.getBoundingClientRect(), room = document.documentElement.clientWidth;
    var left = Math.max(8, Math.min(at.left, room - noteBox.offsetWidth - 8));
    var below = at.bottom + noteBox.offsetHeight + 8 < innerHeight || at.top < noteBox.offsetHeight + 8;
    noteBox.style.left = left + scrollX + "px";
    noteBox.style.top = (below ? at.bottom + 4 : at.top - noteBox.offsetHeight - 4) + scrollY + "px";
    shownFor = mark;
    mark.setAttribute("aria-describedby", "note-box");
  };
  document.querySelectorAll("a[role=doc-noteref]").forEach(function (mark) {
    mark.addEventListener("pointerdown", function (event) { touched = event.pointerType === "touch"; });
    mark.addEventListener("mouseenter", function () { openNote(mark); });
    mark.addEventListener("mouseleave", closeSoon);
    mark.addEventListener("focus", function () { openNote(mark); });
    mark.addEventListener("blur", closeSoon);
    mark.addEventListener("click", function (event) {
      if (touched) { event.preventDefault(); openNote(mark); } else closeNote();
    });
  });
  document.addEventListener("keydown", function (event) { if (event.key === "Escape") closeNote(); });
  document.addEventListener("pointerdown", function (event) {
    if (noteBox && !noteBox.contains(event.target) && !shownFor.contains(event.target)) closeNote();
  });
  window.addEventListener("resize", closeNote);

  // On paper everything is open.
  window.addEventListener("beforeprint", function () {
    closeNote();
    document.querySelectorAll("main details").forEach(function (d) { if (!d.open) { d.open = true; d.dataset.printed = "yes"; } });
  });
  window.addEventListener("afterprint", function () {
    document.querySelectorAll("details[data-printed]").forEach(function (d) { d.open = false; delete d.dataset.printed; });
  });
})();
