# SPDX-License-Identifier: GPL-2.0-only
"""Sphinx configuration; ./offload docs builds the pages into build/docs."""

import os

root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

project = 'offload'
author = 'the offload authors'
copyright = author
with open(os.path.join(root, 'VERSION'), encoding='ascii') as file:
    version = release = file.read().strip()

extensions = []
highlight_language = 'c++'
html_theme = 'alabaster'
html_theme_options = {
    'description': 'NICs and switches that compute, for ns-3',
    'page_width': '60em',
}
html_sidebars = {'**': ['about.html', 'navigation.html', 'searchbox.html']}
html_show_sphinx = False
html_copy_source = False
exclude_patterns = ['_build']
