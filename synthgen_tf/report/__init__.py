"""What people look at: pages with pictures and sound, model cards."""

from synthgen_tf.report.model_card import write_model_card
from synthgen_tf.report.page import Example, write_page
from synthgen_tf.report.report import write_report
from synthgen_tf.report.score_tables import Table
from synthgen_tf.report.songs_page import write_songs_page

__all__ = ["Example", "Table", "write_model_card", "write_page", "write_report", "write_songs_page"]
