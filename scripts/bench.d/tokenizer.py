#!/usr/bin/env python3
"""Makes a tokenizer.json with 151,936 tokens, trained on text of this machine: byte-level BPE, cut as Qwen2.5 cuts.

How long a token is and how many share a beginning decides what a mask over all of them costs; a made-up vocabulary would not show that.
"""

import argparse
import pathlib

SIZE, TRAINED = 151_936, 151_643
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
ENDINGS = {"", ".txt", ".md", ".rst", ".py", ".pl", ".pm", ".h", ".c", ".html", ".js", ".json", ".xml", ".po", ".pot", ".csv", ".tex"}
CUT = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def texts(folders, most_bytes):
    """Yields the content of text files, until there is enough."""
    seen = 0
    for folder in folders:
        for path in sorted(pathlib.Path(folder).rglob("*")):
            if path.suffix not in ENDINGS or path.is_symlink() or not path.is_file() or not 200 < path.stat().st_size < 2_000_000:
                continue
            text = path.read_text(errors="ignore")
            if "\0" in text:
                continue
            seen += len(text)
            yield text
            if seen > most_bytes:
                return


def pad(vocabulary, merges):
    """Adds pairs of whole words until the vocabulary has its size; returns how many there were."""
    words = [word for word in vocabulary if word.startswith("Ġ") and len(word) > 3]
    added = 0
    for first in words:
        for second in words:
            if len(vocabulary) == TRAINED:
                return added
            if first + second not in vocabulary:
                vocabulary[first + second] = len(vocabulary)
                merges.append((first, second))
                added += 1
    return added


def main():
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--text", action="append", help="where text is taken from (repeatable; /usr/share, /usr/lib)")
    parser.add_argument("--megabytes", type=int, default=80, help="of text at most (80)")
    options = parser.parse_args()
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(CUT), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=TRAINED, min_frequency=2, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), max_token_length=32
    )
    tokenizer.train_from_iterator(texts(options.text or ["/usr/share", "/usr/lib"], options.megabytes << 20), trainer)
    trained = tokenizer.get_vocab_size()
    if trained < TRAINED:
        import json

        state = json.loads(tokenizer.to_str())
        vocabulary, merges = state["model"]["vocab"], [tuple(merge) for merge in state["model"]["merges"]]
        pad(vocabulary, merges)
        tokenizer.model = models.BPE(vocab=vocabulary, merges=merges)
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in SPECIAL])
    tokenizer.add_tokens([AddedToken(f"<filler {number}>", normalized=False) for number in range(SIZE - tokenizer.get_vocab_size())])
    assert tokenizer.get_vocab_size() == SIZE, tokenizer.get_vocab_size()
    unfinished = options.file.with_suffix(".unfinished")
    tokenizer.save(str(unfinished))
    unfinished.rename(options.file)
    print(f"{trained} of {SIZE} tokens were trained")


if __name__ == "__main__":
    main()
