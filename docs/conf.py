"""How `make docs` builds the site: Markdown by MyST, the API from the docstrings, every warning an error.

The source folder is the checkout, so that a link from README.md or docs/ leads to the same file on the site as in the
repository. Nothing is fetched: not while it is built, and not by the pages.
"""

import antiphon

project = "antiphon"
author = "The antiphon authors"
release = version = antiphon.__version__
root_doc = "docs/index"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
include_patterns = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "config/README.md", "docs/**.md"]
exclude_patterns = [".*", "build", "demo", "first", "logs", "results", "src", "tests"]
myst_heading_anchors = 3

napoleon_google_docstring = False
napoleon_custom_sections = ["Returns", "Yields"]  # ours are prose: types stand in the signature
napoleon_use_ivar = True  # attributes of many classes share their names
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True}

html_theme = "furo"
html_title = f"antiphon {release}"
html_static_path = ["static"]
html_css_files = ["wide.css"]
html_extra_path = ["site"]  # index.html, which leads from the top to docs/
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
