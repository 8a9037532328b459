"""The two pages people see when they sign in: one opened with everything in its fragment, one where a code is typed."""

_STYLE = """
body { background: #1f2326; color: #eee; font: 16px/1.5 system-ui, sans-serif; display: grid; place-items: center;
  min-height: 100vh; margin: 0; }
main { background: #282d31; border-radius: 12px; padding: 2rem 2.5rem; max-width: 26rem; text-align: center; }
h1 { font-size: 1.3rem; margin-top: 0; }
button { font: inherit; padding: .6rem 1.4rem; margin: .4rem; border: 0; border-radius: 6px; cursor: pointer; }
#approve { background: #e5a00d; color: #111; font-weight: 600; }
#deny { background: #444b51; color: #eee; }
input { font: inherit; padding: .5rem; text-transform: uppercase; width: 8rem; text-align: center; }
small { color: #9aa3aa; }
"""

AUTH = f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Simulated Plex: sign in</title><style>{_STYLE}</style></head>
<body><main>
<h1>Simulated Plex</h1>
<p id="text">Allow <b id="product">this app</b> to use your account?</p>
<p id="buttons"><button id="approve">Allow</button><button id="deny">Refuse</button></p>
<p><small>This page stands in for app.plex.tv.</small></p>
</main>
<script>
const words = new URLSearchParams(location.hash.replace(/^#!?[?]?/, ""));
const code = words.get("code");
const product = words.get("context[device][product]");
if (product) document.getElementById("product").textContent = product;
if (!code) document.getElementById("text").textContent = "This link has no code.";
async function decide(verb) {{
  const answer = await fetch(`/_sim/pins/${{encodeURIComponent(code)}}/${{verb}}`, {{ method: "POST" }});
  document.getElementById("buttons").hidden = true;
  if (!answer.ok) {{
    document.getElementById("text").textContent = "This sign-in is not valid any more.";
    return;
  }}
  document.getElementById("text").textContent =
    verb === "approve" ? "Done. You may close this page." : "Refused. You may close this page.";
  const forward = words.get("forwardUrl");
  if (forward && verb === "approve") location.href = forward;
}}
document.getElementById("approve").onclick = () => decide("approve");
document.getElementById("deny").onclick = () => decide("deny");
</script></body></html>
"""

LINK = f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Simulated Plex: link</title><style>{_STYLE}</style></head>
<body><main>
<h1>Simulated Plex</h1>
<p id="text">Type the four letters you see.</p>
<p id="buttons"><input id="code" maxlength="4" autofocus><button id="approve">Link</button></p>
<p><small>This page stands in for plex.tv/link.</small></p>
</main>
<script>
document.getElementById("approve").onclick = async () => {{
  const code = document.getElementById("code").value.trim().toUpperCase();
  const answer = code.length === 4
    ? await fetch(`/_sim/pins/${{encodeURIComponent(code)}}/approve`, {{ method: "POST" }}) : {{ ok: false }};
  document.getElementById("text").textContent = answer.ok ? "Linked." : "This code is not known.";
}};
</script></body></html>
"""
