"""How Sphinx builds these pages: see tests/docs/build."""

project = "discourse-k8s"
copyright = "the authors of discourse-k8s"  # noqa: A001 (the name that Sphinx reads)
extensions = ["myst_parser"]
exclude_patterns = ["requirements.txt", "links.txt", "words.txt"]

# Each heading can be linked to, as `page.md#heading`.
myst_heading_anchors = 4
myst_enable_extensions = ["attrs_inline", "colon_fence"]
# References that lead nowhere are warnings, and so errors.
nitpicky = True

html_theme = "furo"
html_title = "Discourse on Kubernetes"
html_show_sourcelink = False
html_copy_source = False
# Nothing is fetched from elsewhere when a page is shown.
html_theme_options = {"navigation_with_keys": True}
highlight_language = "none"
