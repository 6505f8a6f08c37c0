"""Any predictor over any music: crossfaded blocks, files in and out, batches of files.

Module        -> what comes in -> what goes out
predictor     -> what a model must offer; its channels fitted to any number of channels
overlap_add   -> blocks (time, channels) of any length -> the estimate, the same way, in order
pieces        -> music in pieces -> held back, counted, followed by silence
prefetch      -> an iterator -> the same, run ahead in a thread
output_format -> stems, format, subtype, clip -> the same in one, checked
stem_writer   -> pieces of mixture and estimate -> files of the stems, all or none
separator     -> mixture (time, channels), or a file -> stem and rest, which sum to it exactly
names         -> input files -> the folder of each one's stems
manifest      -> what was separated, in OUT/separated.csv
batch_plan    -> files and folders -> what is to be done with each
batch         -> the plan -> OUT/<input name>/<stem>.wav
predictors    -> a model on its engine: Keras, SavedModel, TFLite
model_folders -> a model's name -> its folder and card
"""

from synthgen_tf.separate.batch import BatchResult, carry_out, separate_paths
from synthgen_tf.separate.batch_plan import BatchPlan, check_inputs, plan_batch
from synthgen_tf.separate.output_format import OutputFormat
from synthgen_tf.separate.overlap_add import crossfade_window, hop_of, overlap_add
from synthgen_tf.separate.predictor import FittedChannels, Predictor
from synthgen_tf.separate.separator import Separator
from synthgen_tf.separate.stem_writer import SeparatedFile

__all__ = [
    "BatchPlan",
    "BatchResult",
    "FittedChannels",
    "OutputFormat",
    "Predictor",
    "SeparatedFile",
    "Separator",
    "carry_out",
    "check_inputs",
    "crossfade_window",
    "hop_of",
    "overlap_add",
    "plan_batch",
    "separate_paths",
]
