#!/usr/bin/env python3
"""Makes a Hugging Face model directory in the exact shape of Qwen2.5-0.5B, with random weights and a made-up tokenizer.

Speed depends on the shape and the number format, not on what the weights say, so nothing has to be downloaded. Two traps:
exporters drop biases that are all zero, so the QKV biases are random too; and every token id decodes to text, so that a
stream of random tokens is a stream of visible ones.
"""

import argparse
import json
import pathlib
import string

VOCABULARY = 151_936
BASE_TOKENS = 151_643
SPECIAL_TOKENS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def byte_characters():
    """Returns the printable stand-in of each byte that byte-level BPE uses."""
    kept = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    rest = [byte for byte in range(256) if byte not in kept]
    return [chr(byte) for byte in kept] + [chr(256 + place) for place in range(len(rest))]


def vocabulary_and_merges():
    """Returns a vocabulary of the true size: bytes, letter pairs, then pairs of pairs, each with the merge that makes it."""
    tokens = byte_characters()
    merges = []
    letters = string.ascii_lowercase
    pairs = [first + second for first in ["Ġ", *letters] for second in letters]
    for pair in pairs:
        merges.append((pair[0], pair[1]))
        tokens.append(pair)
    for first in pairs:
        for second in pairs:
            if second.startswith("Ġ") or len(tokens) == BASE_TOKENS:
                continue
            merges.append((first, second))
            tokens.append(first + second)
    assert len(tokens) == len(set(tokens)) == BASE_TOKENS
    return {token: index for index, token in enumerate(tokens)}, merges


def write_tokenizer(directory):
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    vocabulary, merges = vocabulary_and_merges()
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in SPECIAL_TOKENS])
    fillers = VOCABULARY - BASE_TOKENS - len(SPECIAL_TOKENS)
    tokenizer.add_tokens([AddedToken(f"[{place}]", normalized=False) for place in range(fillers)])
    assert tokenizer.get_vocab_size() == VOCABULARY
    tokenizer.save(str(directory / "tokenizer.json"))
    (directory / "tokenizer_config.json").write_text(
        json.dumps(
            {
                "tokenizer_class": "PreTrainedTokenizerFast",
                "eos_token": "<|im_end|>",
                "pad_token": "<|endoftext|>",
                "model_max_length": 32_768,
                "chat_template": CHAT_TEMPLATE,
            },
            indent=2,
        )
    )


def write_weights(directory):
    import torch
    from transformers import Qwen2Config, Qwen2ForCausalLM

    torch.manual_seed(20)
    config = Qwen2Config(
        vocab_size=VOCABULARY,
        hidden_size=896,
        intermediate_size=4864,
        num_hidden_layers=24,
        num_attention_heads=14,
        num_key_value_heads=2,
        max_position_embeddings=32_768,
        rms_norm_eps=1e-6,
        rope_parameters={"rope_type": "default", "rope_theta": 1_000_000.0},
        tie_word_embeddings=True,
        bos_token_id=BASE_TOKENS,
        eos_token_id=BASE_TOKENS + 2,
        dtype="bfloat16",
    )
    model = Qwen2ForCausalLM(config).to(torch.bfloat16)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name.endswith("bias"):
                weight.normal_(std=0.02)
    parameters = sum(weight.numel() for weight in model.parameters())
    assert parameters == 494_032_768, parameters
    model.save_pretrained(directory)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=pathlib.Path)
    directory = parser.parse_args().directory
    directory.mkdir(parents=True, exist_ok=True)
    write_tokenizer(directory)
    write_weights(directory)


if __name__ == "__main__":
    main()
