#!/usr/bin/env python3
"""Runs llama.cpp's `convert_hf_to_gguf.py` on the random model, whose made-up tokenizer it cannot recognise by hash."""

import runpy
import sys


def main():
    llama_cpp = sys.argv[1]
    sys.path.insert(0, llama_cpp)
    from conversion.base import TextModel

    # llama-bench feeds token ids, so which pre-tokenizer the file names makes no difference to the measurement.
    TextModel.get_vocab_base_pre = lambda _self, _tokenizer: "qwen2"
    sys.argv = ["convert_hf_to_gguf.py", *sys.argv[2:]]
    runpy.run_path(f"{llama_cpp}/convert_hf_to_gguf.py", run_name="__main__")


if __name__ == "__main__":
    main()
