extension APIPage {
  static let script = #"""
    "use strict";
    const canTry = document.documentElement.dataset.mode === "try";
    let key = "";

    function element(name, attributes, ...children) {
      const made = document.createElement(name);
      for (const [attribute, value] of Object.entries(attributes || {})) {
        if (attribute.startsWith("on")) made.addEventListener(attribute.slice(2), value);
        else made.setAttribute(attribute, value);
      }
      made.append(...children);
      return made;
    }

    function resolve(schema, api) {
      return schema && schema.$ref ? schema.$ref.split("/").slice(1).reduce((place, name) => place[name], api) : schema || {};
    }

    function typeOf(schema, api, depth = 0) {
      const found = resolve(schema, api);
      if (found.anyOf) return found.anyOf.map(one => typeOf(one, api, depth)).join(" or ");
      if (found.const !== undefined) return JSON.stringify(found.const);
      if (found.type === "array" || (Array.isArray(found.type) && found.items)) return "list of " + typeOf(found.items, api, depth);
      if (found.type === "object" && found.properties && depth < 3)
        return "{" + Object.entries(found.properties).map(([name, one]) => name + ": " + typeOf(one, api, depth + 1)).join(", ") + "}";
      return found.type ? [].concat(found.type).filter((one, _, all) => one !== "null" || all.length === 1).join(" or ") : "anything";
    }

    function table(heads, rows) {
      return element("table", {}, element("tr", {}, ...heads.map(head => element("th", {}, head))),
        ...rows.map(cells => element("tr", {}, ...cells.map(cell => element("td", {}, cell)))));
    }

    function fields(operation, api, inputs) {
      const input = (name, place) => {
        const made = element("input", {"aria-label": name, autocomplete: "off"});
        inputs.push({name, place, made});
        return made;
      };
      const rows = (operation.parameters || []).map(parameter => [
        element("code", {}, parameter.name), parameter.in, typeOf(parameter.schema, api), parameter.description + (parameter.required ? " Required." : ""),
        ...(canTry ? [input(parameter.name, parameter.in)] : [])]);
      return rows.length ? [element("h4", {}, "Parameters"), table(["name", "in", "type", "meaning", ...(canTry ? [""] : [])], rows)] : [];
    }

    function bodyOf(operation, api) {
      const schema = operation.requestBody && operation.requestBody.content["application/json"].schema;
      if (!schema) return {parts: [], text: null};
      const needed = (schema.allOf || []).map(one => one.anyOf.map(choice => choice.required[0]));
      const rows = Object.entries(schema.properties).map(([name, one]) => {
        const choice = needed.find(names => names.includes(name));
        const required = !choice ? "" : choice.length === 1 ? " Required." : " One of " + choice.join(", ") + " is required.";
        return [element("code", {}, name), typeOf(one, api), (one.description || "") + required];
      });
      const text = canTry ? element("textarea", {"aria-label": "body", spellcheck: "false"}) : null;
      if (text) text.value = JSON.stringify(Object.fromEntries(needed.map(names => [names[0], ""])), null, 2);
      return {parts: [element("h4", {}, "Body"), table(["name", "type", "meaning"], rows), ...(text ? [text] : [])], text};
    }

    function tryOut(method, path, inputs, text) {
      const output = element("pre", {hidden: "", "aria-live": "polite"});
      const send = async () => {
        let place = path;
        const query = new URLSearchParams();
        const headers = key ? {Authorization: "Bearer " + key} : {};
        for (const {name, place: where, made} of inputs) {
          if (where === "path") place = place.replace("{" + name + "}", encodeURIComponent(made.value));
          else if (made.value && where === "query") query.set(name, made.value);
          else if (made.value && where === "header") headers[name] = made.value;
        }
        const options = {method: method.toUpperCase(), headers};
        if (text && text.value.trim()) { options.body = text.value; headers["Content-Type"] = "application/json"; }
        output.hidden = false;
        output.textContent = "…";
        try {
          const answer = await fetch(place + (query.size ? "?" + query : ""), options);
          const said = await answer.text();
          let shown = said;
          try { shown = JSON.stringify(JSON.parse(said), null, 2); } catch { /* not JSON: as it is */ }
          output.textContent = answer.status + " " + answer.statusText + "\n\n" + shown;
        } catch (problem) { output.textContent = String(problem); }
      };
      return [element("p", {}, element("button", {type: "button", onclick: send}, "Send")), output];
    }

    function draw(path, method, operation, api) {
      const inputs = [];
      const {parts, text} = bodyOf(operation, api);
      const done = operation.responses["200"].content["application/json"].schema.properties.data;
      const refusals = Object.entries(operation.responses).filter(([status]) => status !== "200").map(([status, one]) => [status, resolve(one, api).description || ""]);
      return element("details", {id: operation.operationId},
        element("summary", {}, element("span", {class: "method " + method}, method.toUpperCase()), element("code", {}, path),
          element("span", {class: "told"}, operation.summary)),
        element("div", {}, element("p", {}, operation.description || operation.summary), ...fields(operation, api, inputs), ...parts,
          element("h4", {}, "Answer"), element("p", {}, element("code", {}, "data"), ": ", element("code", {}, typeOf(done, api))),
          ...(canTry ? tryOut(method, path, inputs, text) : [element("h4", {}, "Refusals"), table(["status", "meaning"], refusals)])));
    }

    function page(api) {
      document.getElementById("about").textContent = api.info.title + " " + api.info.version;
      if (canTry) {
        const input = element("input", {type: "password", placeholder: "key of an administrator", autocomplete: "off", "aria-label": "key"});
        input.addEventListener("input", () => { key = input.value.trim(); });
        document.querySelector("header").append(element("form", {onsubmit: event => event.preventDefault()}, "Key", input,
          "It stays in this page, and is gone when you leave it."));
      }
      const contents = document.getElementById("contents");
      const operations = document.getElementById("operations");
      for (const tag of api.tags.map(one => one.name)) {
        const list = element("ul", {});
        contents.append(element("h2", {}, tag), list);
        operations.append(element("h2", {}, tag));
        for (const [path, methods] of Object.entries(api.paths)) for (const [method, operation] of Object.entries(methods)) {
          if (!operation.tags.includes(tag)) continue;
          list.append(element("li", {}, element("a", {href: "#" + operation.operationId}, operation["x-command"] || operation.operationId)));
          operations.append(draw(path, method, operation, api));
        }
      }
      const open = () => { const chosen = document.getElementById(location.hash.slice(1)); if (chosen) { chosen.open = true; chosen.scrollIntoView(); } };
      addEventListener("hashchange", open);
      open();
    }

    fetch("/openapi.json").then(answer => answer.json()).then(page).catch(problem => {
      document.getElementById("about").textContent = "The description cannot be read: " + problem;
    });
    """#
}
