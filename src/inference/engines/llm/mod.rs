//! The language-model engine: any decoder-only ONNX export, token by token.
