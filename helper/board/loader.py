"""What TensorBoard imports when it starts: an error here would end it, so nothing else is imported
until it asks for the plugin."""

from __future__ import annotations

import logging

from tensorboard.plugins import base_plugin


class GraphLabLoader(base_plugin.TBLoader):
    """Gives TensorBoard the tab; None, with one line in its log, where that fails."""

    def load(self, context: base_plugin.TBContext) -> base_plugin.TBPlugin | None:
        try:
            from helper.board.plugin import GraphLabPlugin

            return GraphLabPlugin(context)
        except Exception as error:
            logging.getLogger("tensorboard").warning("no tab Graph Lab: %r", error)
            return None
